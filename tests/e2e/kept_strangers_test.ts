// Kept daemons among users who do not trust each other: obstacles that one sets up for another.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, exists, impBinary, isAlive, type Sandbox } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const NOBODY = 65534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];

/** Turns that a keeper runs now. */
function turnsOf(keeper: number): number[] {
  const text = Deno.readTextFileSync(`/proc/${keeper}/task/${keeper}/children`);
  return text.split(" ").filter(Boolean).map(Number);
}

/** A directory of the user nobody, accessible to all. */
function nobodysDirectory(box: Sandbox, name: string): string {
  Deno.chmodSync(box.path("."), 0o755);
  const path = box.path(name);
  Deno.mkdirSync(path, { mode: 0o755 });
  Deno.chownSync(path, NOBODY, NOBODY);
  return path;
}

e2eAsRoot(
  "kept daemons: root shows no file and removes none to which a daemon's user has led its log",
  async (box) => {
    const home = new KeptHome(box);
    const theirs = nobodysDirectory(box, "theirs");
    const log = `${theirs}/web.log`;
    const secret = box.path("secret");
    Deno.writeTextFileSync(secret, "a line for root alone\n", { mode: 0o600 });
    Deno.mkdirSync(`${theirs}/logs`);
    Deno.chownSync(`${theirs}/logs`, NOBODY, NOBODY);
    const roots = box.path("roots");
    Deno.mkdirSync(roots);
    Deno.writeTextFileSync(`${roots}/other.log`, "precious\n");

    await home.start("web", "echo begun; exec sleep 1000", "-u", `${NOBODY}`, "--log", log);
    await eventually(() => Deno.readTextFileSync(log) === "begun\n", "it is written");
    assertEquals(await home.done("logs", "web"), "begun\n");
    Deno.removeSync(log);
    Deno.symlinkSync(secret, log);
    const shown = await home.imp(["logs", "web"]);
    assertEquals(shown.stdout, "");
    await home.done("stop", "web");
    assertEquals(home.record("web", "state").runs.at(-1).lastLines, []);

    const other = ["-u", `${NOBODY}`, "--log", `${theirs}/logs/other.log`];
    await home.start("other", "exec sleep 1000", ...other);
    await home.done("stop", "other");
    Deno.renameSync(`${theirs}/logs`, `${theirs}/away`);
    Deno.symlinkSync(roots, `${theirs}/logs`);
    await box.run(["chown", "-h", `${NOBODY}:${NOBODY}`, `${theirs}/logs`]);
    await home.done("remove", "--yes", "--logs", "other");
    assert(exists(`${roots}/other.log`), "what is root's stays");
    await home.done("remove", "--yes", "--logs", "web");
    assert(exists(secret));
  },
  ["setpriv"],
);

e2eAsRoot(
  "kept daemons: root writes nothing among another user's records",
  async (box) => {
    const theirs = nobodysDirectory(box, "theirs");
    const env = { IMP_HOME: `${theirs}/home` };
    const start = await box.run(
      [...AS_NOBODY, impBinary(), "start", "web", "--", "sleep", "1000"],
      { env },
    );
    assertEquals(start.code, 0, start.stderr);
    for (const words of [["stop", "web"], ["restart", "web"], ["signal", "web", "USR2"]]) {
      const { code, stderr } = await box.imp(words, { env });
      assertEquals(code, 125, words.join(" "));
      assertStringIncludes(stderr, `it belongs to user ${NOBODY}`);
    }
    const { code, stdout } = await box.imp(["list", "--json"], { env });
    assertEquals([code, JSON.parse(stdout).state], [0, "running"]);
    const stop = await box.run([...AS_NOBODY, impBinary(), "stop", "web"], { env });
    assertEquals(stop.code, 0, stop.stderr);
    // Nothing is made where it would be refused afterwards.
    const inside = { IMP_HOME: `${theirs}/made/here` };
    assertEquals((await box.imp(["start", "web", "--", "sleep", "1"], { env: inside })).code, 125);
    assertEquals(exists(`${theirs}/made`), false);
  },
  ["setpriv"],
);

e2e(
  "kept daemons: a start that was killed before it had keepers is lost, and can be begun anew",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    await home.done("stop", "web");
    const directory = `${home.path}/daemons/web`;
    const intent = home.record("web", "intent");
    Deno.removeSync(`${directory}/state.json`);
    assertEquals(JSON.parse(await home.done("list", "--json")).state, "stopped");
    Deno.writeTextFileSync(
      `${directory}/intent.json`,
      JSON.stringify({ ...intent, wanted: "run", serial: intent.serial + 1 }),
    );
    assertEquals(JSON.parse(await home.done("list", "--json")).state, "lost");
    assertEquals((await home.imp(["status", "web"])).code, 1);
    await home.done("start", "web");
    await home.done("stop", "web");
  },
);

e2e(
  "kept daemons: records of a newer imp are left alone, and a start says so at once",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    await home.done("stop", "web");
    const path = `${home.path}/daemons/web/state.json`;
    const text = Deno.readTextFileSync(path).replace('"schema":1', '"schema":2');
    Deno.writeTextFileSync(path, text);
    for (const words of [["start", "web"], ["start", "web", "--replace", "--", "sleep", "1"]]) {
      const { code, stderr } = await home.imp(words);
      assertEquals(code, 125, stderr);
      assertStringIncludes(stderr, "a newer imp wrote them (schema 2)");
    }
    assertEquals(Deno.readTextFileSync(path), text);
  },
);

e2e("kept daemons: records that others may write to are acted upon by no command", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 1000");
  let pid = home.pid("web");
  const own = `${home.path}/daemons/web`;
  for (const path of [home.path, `${home.path}/daemons`, own]) {
    for (const mode of [0o770, 0o1777]) {
      Deno.chmodSync(path, mode);
      for (
        const words of ["stop web", "restart web", "reload web", "signal web USR2", "stop --all"]
      ) {
        const { code, stderr } = await home.imp(words.split(" "));
        assertEquals([code, home.pid("web")], [125, pid], words);
        assertStringIncludes(stderr, `others may write to it\n`);
        assertStringIncludes(stderr, `chmod go-w ${path}`);
      }
    }
    // Looking changes nothing.
    await home.done("list");
    // Nor does anything found there start a process.
    Deno.chmodSync(path, 0o777);
    const settings = home.record("web", "settings");
    const words = ["sh", "-c", `touch ${box.path("theirs")}; exec sleep 1000`];
    Deno.writeTextFileSync(`${own}/settings.json`, JSON.stringify({ ...settings, words }));
    Deno.kill(home.pid("web")!, "SIGKILL");
    await eventually(() => home.pid("web") === undefined, "it has ended");
    const { keeper } = home.waiters("web");
    // Its turns fail, and it tries again.
    await eventually(() => !turnsOf(keeper!).some(isAlive), "a turn is over");
    Deno.writeTextFileSync(`${own}/settings.json`, JSON.stringify(settings));
    Deno.chmodSync(path, 0o700);
    Deno.kill(keeper!, "SIGUSR1");
    await eventually(() => home.pid("web") !== undefined, "it goes on by itself");
    assertEquals(exists(box.path("theirs")), false);
    pid = home.pid("web")!;
  }
  await home.done("stop", "web");
});

/** A user without other processes, whose limit is counted from nothing. */
const LONELY_UID = 64123;

e2eAsRoot(
  "kept daemons: near the limit on processes nothing is wanted that was not begun",
  async (box) => {
    Deno.chmodSync(box.path("."), 0o755);
    const path = box.path("home");
    Deno.mkdirSync(path, { mode: 0o700 });
    Deno.chownSync(path, LONELY_UID, LONELY_UID);
    const as = ["setpriv", `--reuid=${LONELY_UID}`, `--regid=${LONELY_UID}`, "--clear-groups"];
    const env = { IMP_HOME: path };
    const home = new KeptHome(box);
    for (let limit = 1; limit <= 12; limit++) {
      const script = `ulimit -u ${limit}; exec "$IMP" start web --log none -- sleep 1000`;
      const { code, stderr } = await box.run([...as, "bash", "-c", script], { env });
      const intent = home.record("web", "intent");
      if (code !== 0) {
        assertEquals(
          [code, intent, exists(`${path}/daemons/web`)],
          [125, undefined, false],
          stderr,
        );
        assertMatch(stderr, /ulimit -u/);
      } else {
        assert(home.pid("web") !== undefined, `limit ${limit}`);
        const stop = await box.run([...as, impBinary(), "stop", "web"], { env });
        assertEquals(stop.code, 0, stop.stderr);
      }
    }
  },
  ["setpriv"],
);

e2eAsRoot(
  "kept daemons: of sockets in another user's directory root removes its own alone",
  async (box) => {
    const home = new KeptHome(box);
    const theirs = nobodysDirectory(box, "theirs");
    const path = `${theirs}/web.sock`, secret = box.path("secret");
    Deno.writeTextFileSync(secret, "a line for root alone\n", { mode: 0o600 });
    const sleeper = ["--", "sleep", "1000"];
    const start = (...options: string[]) =>
      home.imp([
        "start",
        "web",
        "--log",
        "none",
        "--socket",
        `unix:${path}`,
        ...options,
        ...sleeper,
      ]);
    const as = (script: string) => box.run([...AS_NOBODY, "sh", "-c", script]);

    assertEquals((await start("-u", `${NOBODY}`)).code, 0);
    assertEquals(Deno.lstatSync(path).uid, NOBODY);
    // What has that name now is theirs, whatever it points to.
    assertEquals(
      (await as(`cd ${theirs} && mv web.sock moved && ln -s ${secret} web.sock`)).code,
      0,
    );
    await home.done("stop", "web");
    assertEquals(Deno.readLinkSync(path), secret);
    assertEquals(Deno.readTextFileSync(secret), "a line for root alone\n");
    assertEquals(Deno.statSync(secret).uid, 0);
    for (const what of ["a link", "theirs and left", "theirs and listening"]) {
      if (what !== "a link") {
        await as(`rm -f ${path}`);
        const after = what === "theirs and left" ? "" : "; s.listen(); time.sleep(1000)";
        const bind = `import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("${path}")`;
        void as(`exec python3 -c '${bind}${after}'`);
        await eventually(
          () => exists(path) && Deno.lstatSync(path).isSocket === true,
          "it is bound",
        );
        if (after !== "") await eventually(() => listens(path), "it listens");
      }
      const inode = Deno.lstatSync(path).ino;
      // With --replace, as for a program of that user: what that one has left is replaced then.
      const { code, stderr } = await start("--replace");
      assertEquals(code, 1, `${what}: ${stderr}`);
      assertMatch(stderr, /EADDRINUSE/);
      assertEquals(Deno.lstatSync(path).ino, inode, what);
    }
    for (const pid of box.processes()) Deno.kill(pid, "SIGKILL");
    await eventually(() => box.processes().length === 0, "nobody is left");
  },
  ["setpriv", "python3"],
);

function listens(path: string): boolean {
  const line = Deno.readTextFileSync("/proc/net/unix").split("\n").find((one) =>
    one.endsWith(path)
  );
  // __SO_ACCEPTCON
  return line?.split(" ")[3] === "00010000";
}

e2eAsRoot(
  "kept daemons: nobody is attached to a terminal that others could have put there",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("game", "exec cat", "--tty", "--log", "none");
    const own = `${home.path}/daemons/game`;
    Deno.chmodSync(own, 0o770);
    const open = await home.imp(["attach", "game"]);
    assertEquals(open.code, 125);
    assertStringIncludes(open.stderr, `chmod go-w ${own}`);
    Deno.chmodSync(own, 0o700);
    Deno.chmodSync(box.path("."), 0o755);
    const other = await box.run([...AS_NOBODY, impBinary(), "attach", "game"], { env: home.env });
    assert(other.code !== 0);
    await home.done("stop", "game");

    const theirs = nobodysDirectory(box, "theirs");
    const env = { IMP_HOME: `${theirs}/home` };
    const start = await box.run(
      [...AS_NOBODY, impBinary(), "start", "game", "--tty", "--log", "none", "--", "cat"],
      { env },
    );
    assertEquals(start.code, 0, start.stderr);
    const { code, stdout, stderr } = await box.imp(["attach", "game"], { env });
    assertEquals([code, stdout], [125, ""]);
    assertStringIncludes(stderr, `it belongs to user ${NOBODY}`);
    const stop = await box.run([...AS_NOBODY, impBinary(), "stop", "game"], { env });
    assertEquals(stop.code, 0, stop.stderr);
    await eventually(() => box.processes().length === 0, "imp watch ends");
  },
  ["setpriv"],
);

e2e("kept daemons: a boot starts nothing that others could have recorded", async (box) => {
  const home = new KeptHome(box);
  for (const name of ["web", "open"]) await home.start(name, "exec sleep 1000", "--log", "none");
  await home.done("stop", "--all");
  for (const name of ["web", "open"]) {
    const path = `${home.path}/daemons/${name}/intent.json`;
    const intent = { ...home.record(name, "intent"), wanted: "run" };
    Deno.writeTextFileSync(path, JSON.stringify(intent));
    const state = { ...home.record(name, "state"), bootId: "another" };
    Deno.writeTextFileSync(`${home.path}/daemons/${name}/state.json`, JSON.stringify(state));
  }
  const words = ["sh", "-c", `touch ${box.path("theirs")}; exec sleep 1000`];
  const settings = { ...home.record("open", "settings"), words };
  Deno.writeTextFileSync(`${home.path}/daemons/open/settings.json`, JSON.stringify(settings));
  Deno.chmodSync(`${home.path}/daemons/open`, 0o777);
  await home.imp(["boot", "--run"]);
  await eventually(() => home.pid("web") !== undefined, "the other one runs");
  assertEquals([home.pid("open"), exists(box.path("theirs"))], [undefined, false]);
  const shown = await home.imp(["status", "open"]);
  assertStringIncludes(shown.stdout.replaceAll(/\s+/g, " "), "others may write to its directory");
  Deno.chmodSync(`${home.path}/daemons/open`, 0o700);
  await home.done("stop", "--all");
});
