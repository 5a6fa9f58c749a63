import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, impBinary, isAlive, NEVER, SOON_MS } from "./harness.ts";
import { inNamespace, ORPHANS, startPython, told } from "./family_programs.ts";
import { openShell } from "./terminal.ts";

/** A session whose leader will be gone, and a pipe that is still open: otherwise it looks like a daemon. */
const SESSION = `import os
os.setsid()
os.dup2(os.pipe()[1], 2)
`;

interface Listed {
  pid: number;
  standing: string;
  kind: string;
  orphanedAt: null;
  startedAt: number;
  session: { sid: number; leader: unknown };
  members: { pid: number }[];
  holds: {
    ports: { protocol: string; address: string }[];
    files: string[];
    terminals: string[];
    directories: string[];
  };
}

e2e("orphans: what a killed parent leaves, with session, tree, port and files", async (box) => {
  await startPython(box, "orphan", SESSION + ORPHANS);
  const [pid, port] = told(box, "orphan");
  const { code, stdout, stderr } = await box.imp(["orphans", "--json", String(pid)]);
  assertEquals([code, stderr], [0, ""]);
  const [tree] = JSON.parse(stdout).orphans as Listed[];
  assertEquals([tree.pid, tree.standing, tree.orphanedAt], [pid, "orphan", null]);
  assertEquals(tree.session.leader, null);
  assertEquals(tree.members.length, 2);
  assertEquals(tree.holds.ports, [{ protocol: "tcp", address: `127.0.0.1:${port}` }]);
  const script = box.path("orphan.py");
  assert(tree.holds.files.includes(`${script}.log`));
  assert(tree.holds.files.includes(`${script}.gone (deleted)`));
  assert(Math.abs(tree.startedAt - Date.now()) < 60_000);
  const shown = await box.imp(["orphans", String(pid)]);
  assertStringIncludes(shown.stdout, `tcp 127.0.0.1:${port}`);
  assertStringIncludes(shown.stdout, "whose leader has exited");
  assertStringIncludes(shown.stdout, "it was orphaned some time later");
  await box.endAll();
});

e2e(
  "orphans: a session whose output nobody reads any more is left over, not left on purpose",
  async (box) => {
    // As sshd has it for a command without a terminal, whose connection breaks.
    await box.sh(
      `(setsid sh -c 'echo $$ >severed; sleep 100; :' 2>&1 &) | true
     { (setsid sh -c 'echo $$ >meant; sleep 100; :' 2>&1 &) | sleep 100; } >/dev/null 2>&1 &
     until [ -s severed ] && [ -s meant ]; do :; done`,
      { cwd: box.directory },
    );
    const pids = ["severed", "meant"].map((name) => Deno.readTextFileSync(box.path(name)).trim());
    const standings = async () => {
      const { stdout } = await box.imp(["orphans", "--json", ...pids]);
      return (JSON.parse(stdout).orphans as Listed[]).map(({ pid, standing }) => [pid, standing]);
    };
    const wanted = [[Number(pids[0]), "orphan"], [Number(pids[1]), "left-on-purpose"]]
      .sort(([a], [b]) => Number(a) - Number(b));
    await eventually(async () => (await standings()).length === 2, "they are no orphans yet");
    assertEquals(await standings(), wanted);
    const { stdout } = await box.imp(["orphans", pids[0]]);
    assertStringIncludes(stdout, "to a pipe that nobody reads any more");
    await box.endAll();
  },
);

e2e(
  "orphans: in a namespace all are found, and daemons, services, nohup told apart",
  async (box) => {
    Deno.writeTextFileSync(box.path("o.py"), SESSION + ORPHANS);
    const { code, stdout, stderr } = await inNamespace(
      box,
      `"$IMP" daemon -- sleep 100 >/dev/null
     (nohup sleep 101 >/dev/null 2>&1 </dev/null &)
     setsid -f sleep 102 </dev/null >/dev/null 2>&1
     (setsid bash -c 'trap - HUP; sleep 103 | cat & exec sleep 0.1' &)
     (python3 o.py >o.out 2>&1 &); until grep -qs ready o.out; do :; done
     for n in 100 101 102 103; do until pgrep -fx "sleep $n" >/dev/null; do :; done; done
     # Its session's leader is gone, not only about to go.
     while [ -e /proc/$(ps -o sid= -p $(pgrep -fx "sleep 103") | tr -d ' ') ]; do :; done
     "$IMP" orphans --all --json; "$IMP" orphans --json`,
    );
    assertEquals([code, stderr], [0, ""]);
    const [all, plain] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const standing = (command: string) =>
      all.orphans.filter(({ command: words }: { command: string[] }) =>
        words.join(" ").includes(command)
      ).map((one: Listed) => one.standing);
    assertEquals(standing("sleep 100"), ["daemon"]);
    assertEquals(standing("sleep 101"), ["left-on-purpose"]);
    assertEquals(standing("sleep 102"), ["daemon"]);
    assertEquals(standing("sleep 103"), ["orphan"]);
    assertEquals(standing("o.py"), ["orphan"]);
    const listed = plain.orphans.map(({ standing }: Listed) => standing);
    assert(!listed.includes("daemon"), "daemons are only counted");
    assertEquals(plain.others.daemon, 2);
  },
);

e2e("orphans --end: the whole tree, and nothing else of its session", async (box) => {
  await startPython(box, "orphan", ORPHANS);
  await startPython(box, "other", ORPHANS);
  const [pid] = told(box, "orphan");
  const [other] = told(box, "other");
  const refused = await box.imp(["orphans", "--end", String(pid)]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, "add --yes");
  const { code, stdout, stderr } = await box.imp(["orphans", "--end", "--yes", String(pid)]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, `tree ${pid}: 2 ended\n`);
  assert(!isAlive(pid));
  assert(isAlive(other));
  assertEquals(box.processes().length, 2);
  await box.endAll();
});

e2e("orphans --end: what ignores TERM is killed, what is stopped too", async (box) => {
  const stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ORPHANS;
  await startPython(box, "orphan", stubborn);
  const [pid] = told(box, "orphan");
  Deno.kill(pid, "SIGSTOP");
  const result = await box.imp(
    ["orphans", "--end", "--yes", "--grace", "200ms", "--json", String(pid)],
  );
  assertEquals([result.code, result.stderr], [0, ""]);
  const { members, killed, left } = JSON.parse(result.stdout);
  assertEquals([members.length, killed.length, left], [2, 2, []]);
});

e2e("orphans --end: a daemon, and what has lost nobody, are left alone", async (box) => {
  const { stdout } = await box.imp(["daemon", "--", "sleep", "60"]);
  const daemon = Number(stdout);
  const { code, stderr } = await box.imp([
    "orphans",
    "--end",
    "--yes",
    String(daemon),
    "999999999",
  ]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${daemon} is not ended: it is a daemon`);
  assertStringIncludes(stderr, "999999999 is not ended: there is no such process");
  assert(isAlive(daemon));
  assertEquals((await box.imp(["orphans", "--end"])).code, 2);
  await box.endAll();
});

e2e("orphans: ( command & ) on a terminal is one, and holds it", async (box) => {
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type(`( sleep 60 & echo $! > ${box.path("pid")} )`);
  await shell.settled();
  const pid = Number(Deno.readTextFileSync(box.path("pid")));
  const { code, stdout } = await box.imp(["orphans", "--json", String(pid)]);
  assertEquals(code, 0);
  const [tree] = JSON.parse(stdout).orphans as Listed[];
  assertEquals([tree.standing, tree.kind], ["orphan", "detached"]);
  assertEquals(tree.holds.terminals, [shell.path]);
  shell.type("exit");
  await shell.ended();
  await eventually(async () => {
    const after = await box.imp(["orphans", String(pid)]);
    return after.stdout.includes("(hung up)") || !isAlive(pid);
  }, "its terminal is hung up");
  await box.endAll();
});

e2eAsRoot("orphans: another user sees that it is one, and not what it holds", async (box) => {
  await startPython(box, "orphan", ORPHANS);
  const [pid] = told(box, "orphan");
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const seen = await box.run([...nobody, impBinary(), "orphans", String(pid)], { cwd: "/" });
  assertEquals([seen.code, seen.stderr], [0, ""]);
  assertMatch(seen.stdout, /hidden +what 2 of 2 hold is for root and its owner to see/);
  assertMatch(seen.stdout, /end it +imp orphans --end \d+ \(as root or its owner\)/);
  const begin = performance.now();
  const ended = await box.run(
    [...nobody, impBinary(), "orphans", "--end", "--yes", "--grace", NEVER, String(pid)],
    { cwd: "/" },
  );
  assertEquals(ended.code, 1);
  assertMatch(
    ended.stdout,
    /^tree \d+: 0 ended; still there: .* \(not permitted: another user's\)/,
  );
  assert(performance.now() - begin < SOON_MS, "nothing was to be waited for");
  assert(isAlive(pid));
  await box.endAll();
});
