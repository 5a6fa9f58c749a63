import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  impBinary,
  isAlive,
  type Sandbox,
  statFields,
} from "./harness.ts";
import {
  inNamespace,
  LEADERLESS_THREADS,
  LISTENING,
  NEGLECTFUL,
  startPython,
  told,
} from "./family_programs.ts";
import { openShell } from "./terminal.ts";

async function zombiesOf(box: Sandbox, pid: number) {
  const { code, stdout, stderr } = await box.imp(["zombies", "--json", String(pid)]);
  assertEquals(stderr, "");
  return { code, report: JSON.parse(stdout) };
}

e2e("zombies: each with its parent, how it ended, since when, and why it stays", async (box) => {
  const begin = performance.now();
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const pids = told(box, "parent");
  await eventually(
    async () => (await zombiesOf(box, parent)).report.parents[0].why === "does-not-wait",
    "they are no longer just ended",
  );
  const { code, report } = await zombiesOf(box, parent);
  const age = performance.now() - begin;
  assertEquals(code, 1);
  assertEquals(report.count, 3);
  assertEquals(report.pids.held, 3);
  const [one] = report.parents;
  assertEquals([one.pid, one.sigchld, one.livingChildren], [parent, "default", 0]);
  assertEquals(
    one.zombies.map((
      zombie: Record<string, unknown>,
    ) => [zombie.pid, zombie.status, zombie.signal]),
    [[pids[0], 3, null], [pids[1], 137, "KILL"], [pids[2], 0, null]],
  );
  assertEquals(one.zombies[2].comm, "a) Z 1\n\x1b[31m");
  for (const { endedAgo } of one.zombies) {
    assert(endedAgo === null || (endedAgo >= 900 && endedAgo <= age + 500), `ended ${endedAgo}`);
  }
  assertEquals(
    one.remedies.map(({ name, hopeful }: Record<string, unknown>) => [name, hopeful]),
    [["ask", false], ["fix", true], ["end-parent", true]],
  );
  const { stdout } = await box.imp(["zombies", String(parent)]);
  assertMatch(stdout, /^3 zombies, which hold 3 of \d+ PIDs/);
  assertStringIncludes(stdout, "killed by KILL");
  assertStringIncludes(stdout, "a) Z 1\\n\\e[31m");
  assert(!stdout.includes("\x1b"), "no colour and no foreign escape outside a terminal");
  await box.endAll();
});

e2e("zombies: a namespace without any, and one with three", async (box) => {
  const none = await inNamespace(box, `"$IMP" zombies`);
  assertEquals([none.code, none.stderr], [0, ""]);
  assertMatch(none.stdout, /^no zombies; \d+ processes/);
  Deno.writeTextFileSync(box.path("z.py"), NEGLECTFUL);
  const three = await inNamespace(
    box,
    `python3 z.py >z.out & until grep -qs ready z.out; do :; done; "$IMP" zombies --json; exit $?`,
  );
  assertEquals([three.code, three.stderr], [1, ""]);
  assertEquals(JSON.parse(three.stdout).count, 3);
});

e2e("zombies: a process whose first thread has ended is none", async (box) => {
  const pid = await startPython(box, "threads", LEADERLESS_THREADS);
  assertEquals([statFields(pid)?.[0], statFields(pid)?.[17]], ["Z", "2"]);
  const { code, report } = await zombiesOf(box, pid);
  assertEquals([code, report.count], [0, 0]);
  const { stdout } = await box.imp(["tree", String(pid)]);
  assertMatch(stdout, new RegExp(`^ *${pid} threads only`, "m"));
  await box.sh(`kill -9 ${pid}`);
});

e2e("zombies --ask: a parent that listens reaps, another does not", async (box) => {
  const listening = await startPython(box, "listening", LISTENING);
  const asked = await box.imp(["zombies", "--ask", "--yes", String(listening)]);
  assertEquals([asked.code, asked.stderr], [0, ""]);
  assertEquals(asked.stdout, `parent ${listening}: asked; 3 reaped, none left\n`);
  assert(isAlive(listening));
  const deaf = await startPython(box, "deaf", NEGLECTFUL);
  const result = await box.imp(["zombies", "--ask", "--yes", "--json", String(deaf)]);
  assertEquals(result.code, 1);
  assertEquals(JSON.parse(result.stdout).outcomes[0].left, told(box, "deaf"));
  await box.endAll();
});

e2e("zombies --end-parent: init adopts and reaps", async (box) => {
  Deno.writeTextFileSync(box.path("z.py"), NEGLECTFUL);
  const { code, stdout, stderr } = await inNamespace(
    box,
    `python3 z.py >z.out & until grep -qs ready z.out; do :; done
     "$IMP" zombies --end-parent --yes; echo "code $?"; ps -e -o stat= -o comm= | grep -c '^Z'; exit 0`,
  );
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^parent \d+: ended by TERM; 3 reaped, none left\ncode 0\n0\n$/);
});

e2e("zombies --end-parent: a parent that ignores TERM is killed after the grace", async (box) => {
  const stubborn = NEGLECTFUL.replace(
    'print("ready"',
    'signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("ready"',
  );
  Deno.writeTextFileSync(box.path("z.py"), stubborn);
  const { stdout } = await inNamespace(
    box,
    `python3 z.py >z.out & until grep -qs ready z.out; do :; done
     "$IMP" zombies --end-parent --yes --grace 200ms`,
  );
  assertMatch(stdout, /^parent \d+: ended by KILL; 3 reaped, none left\n$/);
});

e2e("zombies: nothing is done unasked", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const silent = await box.imp(["zombies", "--end-parent", String(parent)]);
  assertEquals([silent.code, silent.stdout], [2, ""]);
  assertStringIncludes(silent.stderr, "add --yes");
  assert(isAlive(parent));
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type(`"$IMP" zombies --end-parent ${parent}`);
  await eventually(() => shell.screen().includes("[y/N]"), () => shell.screen());
  shell.type("n");
  await eventually(() => shell.screen().includes("nothing was done"), () => shell.screen());
  assert(isAlive(parent));
  shell.type(`"$IMP" zombies --end-parent ${parent}; echo "code=$?"`);
  await eventually(() => shell.screen().split("[y/N]").length === 3, () => shell.screen());
  shell.type("y");
  await eventually(() => !isAlive(parent), () => shell.screen());
  shell.type("exit");
  await shell.ended();
});

e2e("zombies: PID 1 that does not reap, and that is not ended", async (box) => {
  Deno.writeTextFileSync(
    box.path("one.py"),
    `import os, subprocess, time
for _ in range(2):
    if os.fork() == 0:
        if os.fork() == 0: os._exit(7)
        os._exit(0)
def zombies():
    states = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try: states.append(open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[0])
        except OSError: pass
    return states.count("Z")
while zombies() < 4: time.sleep(0.01)
# By then they are no longer just ended.
time.sleep(1.2)
imp = os.environ["IMP"]
print(subprocess.run([imp, "zombies", "--json"], stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)
done = subprocess.run([imp, "zombies", "--end-parent", "--yes"], stdout=subprocess.PIPE, text=True)
print(done.returncode, done.stdout, end="", flush=True)
`,
  );
  const user = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const { stdout, stderr } = await box.run(
    ["unshare", ...user, "-pf", "--mount-proc", "python3", box.path("one.py")],
  );
  assertEquals(stderr, "");
  const [json, ...rest] = stdout.split("\n");
  const report = JSON.parse(json);
  assertEquals([report.count, report.parents.length], [4, 1]);
  assertEquals([report.parents[0].pid, report.parents[0].why], [1, "init-does-not-reap"]);
  assertMatch(rest.join("\n"), /^1 parent 1: nothing was done \(PID 1 takes everything/);
});

e2e("zombies: a stopped parent cannot wait", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  Deno.kill(parent, "SIGSTOP");
  await eventually(() => statFields(parent)?.[0] === "T", "it is stopped");
  const { report } = await zombiesOf(box, parent);
  assertEquals(report.parents[0].why, "parent-stopped");
  assertEquals(report.parents[0].remedies[0].name, "continue");
  await box.endAll();
});

e2eAsRoot("zombies: another user's status is hidden, not guessed", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const { stdout, stderr } = await box.run(
    [
      ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
      ...[impBinary(), "zombies", "--json", String(parent)],
    ],
    { cwd: "/" },
  );
  assertEquals(stderr, "");
  const [one] = JSON.parse(stdout).parents;
  assertEquals(one.zombies.map(({ status }: { status: unknown }) => status), [null, null, null]);
  await box.endAll();
});

e2eAsRoot("zombies: another user is told what it may not do, at once", async (box) => {
  const parent = String(await startPython(box, "parent", LISTENING));
  const other = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const asOther = (...args: string[]) =>
    box.run([...other, impBinary(), "zombies", ...args], { cwd: "/" });
  assertMatch((await asOther(parent)).stdout, /ask the parent \(as root or its owner\)/);
  for (const action of ["--ask", "--end-parent"]) {
    const { code, stdout } = await asOther(action, "--yes", parent);
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^parent \d+: nothing was done \(not permitted: .* another user's\); 0 reaped, 3 left/,
    );
  }
  assert(isAlive(Number(parent)));
  await box.endAll();
});

e2e("zombies: of PIDs that have none, or that nobody has", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const of = async (pid: number) => {
    const { code, stdout, stderr } = await box.imp(["zombies", String(pid)]);
    return [code, stdout.replace(/\d+/g, "N").replace(/;[^;]*$/, ""), stderr];
  };
  const [code, stdout, stderr] = await of(Deno.pid);
  assertEquals([code, stderr], [0, ""]);
  // Not that there are none.
  assertMatch(String(stdout), /^no zombies there; N others are elsewhere/);
  assertEquals((await of(2 ** 22 + 1))[2], `imp zombies: there is no process ${2 ** 22 + 1}\n`);
  assertEquals((await of(parent))[0], 1);
  await box.endAll();
});

e2e("zombies --watch: one report after another until it is interrupted", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const { stdout } = await box.sh(
    `"$IMP" zombies --watch --every 50ms --json ${parent} >seen & p=$!
     until [ "$(wc -l <seen)" -ge 3 ]; do sleep 0.02; done; kill $p; wait $p; cat seen`,
  );
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert(lines.length >= 3, `${lines.length} reports`);
  assert(lines.every(({ count }) => count === 3));
  await box.endAll();
});

e2e("zombies --watch: on a terminal the screen is drawn over and over", async (box) => {
  const parent = await startPython(box, "parent", NEGLECTFUL);
  const shell = openShell(box, ["bash", "--norc", "-i"]);
  shell.type(`TERM=xterm "$IMP" zombies --watch --every 50ms ${parent}`);
  const drawn = () => shell.screen().split("\x1b[H").length - 1;
  await eventually(() => drawn() >= 3, () => shell.screen());
  const frames = shell.screen().split("\x1b[H");
  assertMatch(frames[2], /^.*3 zombies, which hold 3 of \d+ PIDs/);
  shell.type("\x03");
  await shell.settled();
  shell.type("exit");
  await shell.ended();
  await box.endAll();
});

e2e("zombies: contradictions are refused", async (box) => {
  const { code, stderr } = await box.imp(["zombies", "--ask", "--end-parent"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--ask and --end-parent cannot be used together");
  assertEquals((await box.imp(["zombies", "nginx"])).code, 2);
  const hasty = await box.imp(["zombies", "--watch", "--every", "0"]);
  assertEquals([hasty.code, hasty.stdout], [2, ""]);
  assertStringIncludes(hasty.stderr, "at least 10ms");
});
