// imp restart, reload, signal, remove; daemons whose keepers were killed; daemons by pidfile.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePort } from "../free_port.ts";
import { e2eAsRoot, eventually, exists, isAlive, rounds, sideBySide, wordsOf } from "./harness.ts";
import { assertGone, KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

const SLEEP = "exec sleep 1000";

e2e("restart: the new one starts when all of the old one has ended", async (box) => {
  const home = new KeptHome(box);
  // A child in a session of its own has the port, and takes its time.
  const child =
    `import socket, signal, time; s = socket.socket(); s.bind(("127.0.0.1", ${freePort()})); s.listen(); ` +
    `signal.signal(signal.SIGTERM, lambda *a: (time.sleep(0.3), exit())); open("ready", "w"); time.sleep(1000)`;
  Deno.writeTextFileSync(box.path("child.py"), child);
  await home.start(
    "web",
    `cd ${box.directory}; rm -f ready; setsid python3 child.py & wait`,
    ...["--ready", `file:${box.path("ready")}`],
  );
  const before = home.pid("web")!;
  for (let i = 0; i < rounds(2, 10); i++) {
    const { result, pid } = JSON.parse(await home.done("restart", "--json", "web"));
    assertEquals(result, "runs");
    assert(pid !== before);
    assertEquals(home.pid("web"), pid);
  }
  await home.done("stop", "web");
}, ["python3"]);

e2e(
  "restart: of a stopped daemon is a start; --env takes this command's variables",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("said");
    const work = box.path("work");
    Deno.mkdirSync(work);
    const words = ["-C", work, "--", "sh", "-c", `echo "$COLOUR" >>${file}; ${SLEEP}`];
    await home.imp(["start", "web", ...words], { env: { COLOUR: "red" } });
    await home.done("stop", "web");
    assertMatch(await home.done("restart", "web"), /^web: started, pid \d+/);
    const { code } = await home.imp(["restart", "--env", "web"], { env: { COLOUR: "blue" } });
    assertEquals(code, 0);
    await home.done("restart", "web");
    await eventually(
      () => Deno.readTextFileSync(file) === "red\nred\nblue\nblue\n",
      () => Deno.readTextFileSync(file),
    );
    // What could not be started again is not stopped; and a run that was before is no reason.
    Deno.removeSync(work);
    const why = `cannot change directory to ${work}: ENOENT (no such file or directory)`;
    const pid = home.pid("web")!;
    const refused = await home.imp(["restart", "web"]);
    const runsOn = `  it runs on as before, pid ${pid}`;
    assertEquals([refused.code, refused.stderr], [1, `imp restart: web: ${why}\n${runsOn}\n`]);
    assert(isAlive(pid));
    await home.done("stop", "web");
    const failed = await home.imp(["restart", "web"]);
    assertEquals([failed.code, failed.stderr], [1, `imp restart: web: not running: ${why}\n`]);
  },
);

e2e(
  "restart: racing with stops, the last command counts, and there is never a second copy",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("runs");
    await home.start("web", `echo $$ >>${file}; ${SLEEP}`);
    for (let i = 0; i < rounds(4, 30); i++) {
      await Promise.all([
        home.imp(["restart", "web"]),
        home.imp(["stop", "web"]),
        home.imp(["restart", "web"]),
      ]);
      assert((await pidsIn(file)).filter(isAlive).length <= 1);
      await eventually(() => {
        const { wanted } = home.record("web", "intent");
        const running = (home.pid("web") ?? 0) > 0;
        return running === (wanted === "run");
      }, () => JSON.stringify([home.record("web", "intent"), home.record("web", "state")]));
    }
    await home.done("stop", "web");
    assertGone(await pidsIn(file));
  },
);

e2e("restart from within its own tree: a web hook that restarts its own service", async (box) => {
  const home = new KeptHome(box);
  const [out, go] = [box.path("out"), box.path("go")];
  // The next one finds no request.
  const hook = `until [ -e ${go} ]; do sleep 0.02; done; rm ${go}; $IMP restart web >${out} 2>&1`;
  await home.start("web", `${hook}; ${SLEEP}`);
  Deno.writeTextFileSync(go, "");
  await eventually(
    () => home.record("web", "state")?.runs.length === 1 && home.pid("web") !== undefined,
    "it was restarted",
  );
  assertMatch(Deno.readTextFileSync(out), /^web: its keeper \(pid \d+\) restarts it/);
  await home.done("stop", "web");
});

e2e(
  "both keepers killed: start, restart and signal adopt it, and never make a second copy",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("runs");
    await home.start("web", `echo $$ >>${file}; ${SLEEP}`);
    const [first] = await pidsIn(file);
    await home.killWaiters("web");
    const again = await home.imp(["start", "web"]);
    assertStringIncludes(again.stdout + again.stderr, `already running, pid ${first}`);
    assertEquals(home.pid("web"), first);
    await eventually(() => home.waiters("web").guard !== undefined, "it is kept again");

    await home.killWaiters("web");
    assertStringIncludes(await home.done("signal", "web", "CONT"), "keeps it from now on");
    // The process that adopted it learns of its end, and it is started again.
    Deno.kill(first, "SIGKILL");
    const [, second] = await pidsIn(file, 2);
    assertMatch(home.record("web", "state").runs.at(-1).kind, /killed|unknown/);

    await home.killWaiters("web");
    await home.done("restart", "web");
    const [, , third] = await pidsIn(file, 3);
    assertGone([first, second]);
    assertEquals(home.pid("web"), third);
    await home.done("stop", "web");
  },
);

e2e("looking at a daemon without keepers changes nothing", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", SLEEP);
  await home.killWaiters("web");
  await home.imp(["list"]);
  await home.imp(["status", "web"]);
  assertEquals(home.waiters("web"), { guard: undefined, keeper: undefined });
  await home.done("stop", "web");
});

e2e(
  "what a daemon without keepers has left when it ended is ended before it is started again",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("children");
    await home.start("web", `(setsid sh -c 'echo $$ >>${file}; ${SLEEP}' &); ${SLEEP}`);
    const [child] = await pidsIn(file);
    const main = home.pid("web")!;
    await home.killWaiters("web");
    Deno.kill(main, "SIGKILL");
    await eventually(() => !isAlive(main), "it has ended");
    assert(isAlive(child));
    await home.done("restart", "web");
    assertGone([child]);
    await home.done("stop", "web");
  },
);

e2e("a PID that has become another process' is neither adopted nor ended", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", SLEEP);
  const main = home.pid("web")!;
  await home.killWaiters("web");
  Deno.kill(main, "SIGKILL");
  await eventually(() => !isAlive(main), "it has ended");
  const stranger = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  const path = `${home.path}/daemons/web/state.json`;
  const state = JSON.parse(Deno.readTextFileSync(path));
  state.program = { pid: stranger.pid, startTicks: state.program.startTicks };
  Deno.writeTextFileSync(path, JSON.stringify(state));
  assertEquals((await home.imp(["signal", "web", "KILL"])).code, 1);
  await home.done("stop", "web");
  assert(isAlive(stranger.pid));

  state.bootId = "another";
  state.program.startTicks = Number(
    Deno.readTextFileSync(`/proc/${stranger.pid}/stat`).split(") ")[1].split(" ")[19],
  );
  Deno.writeTextFileSync(path, JSON.stringify(state));
  await home.done("stop", "web");
  assert(isAlive(stranger.pid));
  stranger.kill();
  await stranger.status;
});

e2e("reload: HUP, a command of its own, and one that tells when it is done", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("said");
  const said = () => exists(file) ? Deno.readTextFileSync(file) : "";
  const ready = box.path("ready");
  await home.start(
    ...["hup", `trap "echo HUP >>${file}" HUP; >${ready}; while :; do sleep 0.05; done`] as const,
    ...["--ready", `file:${ready}`],
  );
  assertMatch(await home.done("reload", "hup"), /^hup: HUP sent to pid \d+\n$/);
  await eventually(() => said() === "HUP\n", "it got HUP");

  await home.start("own", SLEEP, "--reload-cmd", `sh -c 'echo $MAINPID >>${file}'`);
  await home.done("reload", "own");
  assertEquals(said(), `HUP\n${home.pid("own")}\n`);
  await home.done("stop", "--all");
  assertEquals((await home.imp(["reload", "own"])).code, 1);
});

e2e("reload: a HUP that would end the program, or do nothing, is not sent", async (box) => {
  const home = new KeptHome(box);
  await home.start("deaf", "exec sleep 1000");
  const ready = box.path("ready");
  const script = `trap '' HUP; >${ready}; exec sleep 1000`;
  await home.start("closed", script, "--ready", `file:${ready}`);
  const pid = home.pid("deaf");
  const deaf = await home.imp(["reload", "deaf"]);
  assertEquals(deaf.code, 1);
  assertStringIncludes(deaf.stderr, `deaf: not reloaded: HUP would end pid ${pid}`);
  const closed = await home.imp(["reload", "closed"]);
  assertEquals(closed.code, 1);
  assertStringIncludes(closed.stderr, "ignores HUP");
  assertEquals(home.pid("deaf"), pid);
  await home.done("stop", "--all");
});

e2e("signal: to the main process, or to all", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("said");
  box.script(
    "heeds",
    `#!/bin/sh\ntrap "echo $1 >>${file}" USR1\ntouch $1\nwhile :; do sleep 0.05; done\n`,
  );
  await home.start("web", `cd ${box.directory}; setsid ./heeds child & exec ./heeds main`);
  await eventually(() => exists(box.path("child")) && exists(box.path("main")), "they run");
  await home.done("signal", "web", "USR1");
  await eventually(() => exists(file) && Deno.readTextFileSync(file) === "main\n", "main");
  await home.done("signal", "--tree", "web", "CONT");
  await home.done("signal", "web", "KILL");
  await eventually(() => home.record("web", "state").runs.length === 1, "its end is on record");
  assertEquals(home.record("web", "state").runs[0].by, "imp signal web KILL");
  const { code, stderr } = await home.imp(["signal", "nobody", "USR1"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "no kept daemon has that name");
  await home.done("stop", "web");
});

e2e("remove: records go, logs with --logs, and nothing else", async (box) => {
  const home = new KeptHome(box);
  const log = box.path("web.log");
  Deno.writeTextFileSync(`${log}.other`, "");
  await home.start("web", SLEEP, "--log", log);
  await home.start("other", SLEEP);
  const refused = await home.imp(["remove", "web"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /it is running, pid \d+/);
  await home.done("remove", "--stop", "web");
  assert(!exists(`${home.path}/daemons/web`) && exists(log));
  await home.start("web", SLEEP, "--log", log);
  await home.done("stop", "web");
  await home.done("remove", "--logs", "web");
  assert(!exists(log) && exists(`${log}.other`));
  assertEquals([...Deno.readDirSync(`${home.path}/daemons`)].map(({ name }) => name), ["other"]);
  assert(home.pid("other") !== undefined);
  assertEquals((await home.imp(["remove", "--all"])).code, 2);
  await home.done("remove", "--stop", "--yes", "--all");
});

e2e(
  "a daemon of imp daemon -n: stop, signal, restart by the words that were recorded",
  async (box) => {
    const home = new KeptHome(box);
    const first = Number(
      await home.done("daemon", "-n", "web", "-C", ".", "--", "sh", "-c", "sleep 1000; :"),
    );
    await eventually(() => wordsOf(first)[0] === "sh", "it runs");
    await home.done("signal", "web", "CONT");
    const said = await home.done("restart", "web");
    assertMatch(said, new RegExp(`^web: restarted, pid \\d+ \\(before: ${first}\\)`));
    const second = Number(/pid (\d+)/.exec(said)![1]);
    assert(isAlive(second));
    assertEquals(Deno.readLinkSync(`/proc/${second}/cwd`), Deno.realPathSync(box.directory));
    await home.done("stop", "web");
    assertEquals(box.processes(), []);
    assert(!exists(`${home.path}/web.pid`));
    assertEquals(await home.done("stop", "web"), "web: not running\n");

    await home.done("restart", "web");
    Deno.removeSync(`${home.path}/.web.pid.imp-start`);
    const refused = await home.imp(["restart", "web"]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "how it was started is not recorded");
    await home.done("stop", "web");
  },
);

e2e("a pidfile of anybody's: stop ends the process and what descends from it", async (box) => {
  const home = new KeptHome(box);
  const pidfile = box.path("x.pid");
  const program = new Deno.Command("sh", { args: ["-c", "sleep 1000 & wait"] }).spawn();
  Deno.writeTextFileSync(pidfile, `${program.pid}\n`);
  const outcome = JSON.parse(await home.done("stop", "--json", "-p", pidfile));
  assertEquals([outcome.result, outcome.pid], ["stopped", program.pid]);
  await program.status;
  assertEquals((await home.imp(["signal", "-p", pidfile, "HUP"])).code, 1);
  assertMatch(await home.done("stop", "-p", pidfile), /: not running\n$/);
  Deno.writeTextFileSync(pidfile, "some text\n");
  assertEquals((await home.imp(["stop", "-p", pidfile])).code, 125);
});

e2eAsRoot("a pidfile that another user may write is not believed", async (box) => {
  const home = new KeptHome(box);
  const pidfile = box.path("x.pid");
  const program = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  Deno.writeTextFileSync(pidfile, `${program.pid}\n`);
  Deno.chownSync(pidfile, 65534, 65534);
  const { code, stderr } = await home.imp(["stop", "-p", pidfile]);
  assertEquals(code, 125);
  assertStringIncludes(stderr, "it belongs to user 65534");
  Deno.chownSync(pidfile, 0, 0);
  Deno.chmodSync(pidfile, 0o666);
  assertEquals((await home.imp(["stop", "-p", pidfile])).code, 125);
  assert(isAlive(program.pid));
  program.kill("SIGKILL");
  await program.status;
});
