// imp inspect with fewer rights than the process has, and in another view of the processes.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, impBinary, isRoot } from "./harness.ts";
import { NO_PID, start } from "./inspecting.ts";

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

e2eAsRoot("another user sees what everybody may see, and is told what not", async (box) => {
  const pid = await start(box, "exec sleep 1000", "sleep");
  await Deno.chmod(box.directory, 0o755);
  await Deno.copyFile(
    impBinary(),
    box.path("imp"),
  );
  await Deno.chmod(box.path("imp"), 0o755);
  const { code, stdout, stderr } = await box.run([
    ...NOBODY,
    box.path("imp"),
    "inspect",
    String(pid),
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "could not be read: cwd, exe, fds, root (EACCES); ask root");
  assertMatch(stdout, /name +sleep/);
  const json = await box.run([...NOBODY, box.path("imp"), "inspect", "--json", String(pid)]);
  const { hidden } = JSON.parse(json.stdout);
  assertEquals(hidden.map(({ errno }: { errno: string }) => errno), Array(4).fill("EACCES"));
  const own = await box.run([...NOBODY, "sh", "-c", `exec ${box.path("imp")} inspect --json $$`]);
  assertEquals(JSON.parse(own.stdout).hidden, []);
  await box.endAll();
});

e2eAsRoot("hidepid: a process that may not be seen is not called gone", async (box) => {
  await Deno.chmod(box.directory, 0o755);
  await Deno.copyFile(
    impBinary(),
    box.path("imp"),
  );
  await Deno.chmod(box.path("imp"), 0o755);
  const command = `mount -t proc -o hidepid=2 proc /proc && exec ${NOBODY.join(" ")} ${
    box.path("imp")
  } inspect 1 ${NO_PID}`;
  const { code, stderr } = await box.run(["unshare", "-m", "sh", "-c", command]);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    "process 1 cannot be seen: /proc hides other users' processes (hidepid)",
  );
  assertStringIncludes(stderr, `no process ${NO_PID}`);
});

e2eAsRoot("hidepid: leaders and parents that are hidden are not called gone", async (box) => {
  await Deno.chmod(box.directory, 0o755);
  await Deno.copyFile(impBinary(), box.path("imp"));
  await Deno.chmod(box.path("imp"), 0o755);
  // The shell leads the session, is root's, and stays; what it starts is nobody's, in a group of its own.
  const program = `${NOBODY.join(" ")} sh -c 'echo $$ >&3; exec sleep 1000'`;
  const look = (words: string) => `${NOBODY.join(" ")} ./imp ${words}`;
  const { stdout, stderr } = await box.run([
    "unshare",
    "-m",
    "setsid",
    "-w",
    "bash",
    "-c",
    `
    mount -t proc -o hidepid=2 proc /proc; set -m
    ${program} 3>pid & until [ -s pid ]; do sleep 0.01; done; p=$(cat pid)
    until [ "$(cat /proc/$p/comm)" = sleep ]; do sleep 0.01; done
    ${look("inspect $p")}; ${look("tree --session $p")}; ${look("orphans --all $p")} 2>&1
    ${look("orphans --end --yes $$")} 2>&1; ${look("tree $$")} 2>&1; ${look("zombies $$")} 2>&1
    { kill $p; wait $p; } 2>/dev/null; exit 0`,
  ]);
  assertEquals(stderr, "");
  assertMatch(stdout, /its session belongs to a hidden process \(pid \d+\)/);
  assertMatch(stdout, /child of a process that cannot be seen \(pid \d+\), without a terminal/);
  assertMatch(stdout, /^session \d+, its leader is hidden from this user, no terminal$/m);
  assertMatch(
    stdout,
    /is not an orphan: its parent, \d+, is running, hidden from this user/,
  );
  assertMatch(stdout, /is not ended: it cannot be seen: \/proc hides other users' processes/);
  assertMatch(
    stdout,
    /^imp tree: cannot show process \d+: \/proc hides/m,
  );
  assertMatch(stdout, /^imp zombies: process \d+ cannot be seen: \/proc hides/m);
});

e2eAsRoot("inside a PID namespace", async (box) => {
  const script =
    `sleep 1000 & "$IMP" inspect --json 1 $! 2>&1; (exec setsid sh -c 'sleep 1000 & echo $! >inner')
    "$IMP" inspect --json $(cat inner)`;
  const { code, stdout } = await box.run(["unshare", "-pf", "--mount-proc", "bash", "-c", script]);
  assertEquals(code, 0, stdout);
  const [init, child, daemon] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([init.kind, init.pid, child.parent.pid, child.kind], ["init", 1, 1, "child"]);
  assertEquals([daemon.kind, daemon.ppid, daemon.parent.adopted], ["daemon", 1, true]);
});

e2e("an ordinary user is told what of root's it may not see", async (box) => {
  const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups".split(" ");
  const { code, stdout } = await box.run(
    [...isRoot ? nobody : [], impBinary(), "inspect", "1"],
    { cwd: "/" },
  );
  assertEquals(code, 0);
  assertStringIncludes(stdout, "ask root");
});
