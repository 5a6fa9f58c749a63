// imp pool on a terminal, as a user of a shell has it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, type Sandbox, sideBySide, statFields, wordsOf } from "./harness.ts";
import { openShell } from "./terminal.ts";

/** Two jobs of three processes each, one of them in a session of its own; they count what they do. */
const TREES = `"$IMP" pool -j2 --timeout 15s --shell '
  setsid sleep 300 & sh -c "while :; do echo x; sleep 0.02; done" > ~/tick.$1' ::: a b`;

/** They are stopped for as long as a job may take. */
const stopped = sideBySide();

for (const goOn of ["fg", "bg"]) {
  stopped(`pool: Ctrl-Z stops every job with imp, ${goOn} lets all go on`, async (box) => {
    const shell = openShell(box, ["bash", "--norc"]);
    shell.type(TREES);
    await eventually(() => ticks(box) > 2, () => `no job runs: ${shell.screen()}`);
    const own = () => box.processes().filter((pid) => pid !== shell.pid && !isGuard(pid));
    shell.suspend();
    await eventually(() => own().every(isHeld), "somebody runs on");
    await shell.settled();
    assert(own().length >= 7, `${own().length} processes`);
    const before = ticks(box);
    const stoppedFor = performance.now();
    shell.type(`sleep 15.2; ${goOn}`);
    await eventually(() => ticks(box) > before + 4, () => `nothing goes on: ${shell.screen()}`);
    assert(performance.now() - stoppedFor > 15_000);
    // Time while stopped does not count: --timeout has not ended the jobs.
    assert(own().length >= 7, `${own().length} processes`);
    if (goOn === "fg") shell.interrupt();
    else shell.type("kill %1; wait");
    await eventually(() => own().length === 0, () => `left: ${shell.screen()}`);
    await shell.settled();
    shell.type("exit");
    await shell.ended();
  });
}

stopped("pool --workers: Ctrl-Z stops every worker with imp, fg lets all go on", async (box) => {
  const shell = openShell(box, ["bash", "--norc"]);
  const script =
    'while read -r x; do for i in 1 2 3 4 5; do echo x >> "tick.$x"; sleep 0.2; done; echo "did $x"; done';
  shell.type(
    `cd; "$IMP" pool -j2 --timeout 15s --workers sh -c '${script}' ::: a b`,
  );
  await eventually(() => ticks(box) > 1, () => `no worker works: ${shell.screen()}`);
  const own = () => box.processes().filter((pid) => pid !== shell.pid && !isGuard(pid));
  shell.suspend();
  await eventually(() => own().every(isHeld), "somebody runs on");
  await shell.settled();
  shell.type("sleep 15.2; fg; echo ended $?");
  // Time while stopped does not count: --timeout has ended none.
  await eventually(() => shell.screen().includes("ended 0"), () => shell.screen());
  assert(/did a/.test(shell.screen()) && /did b/.test(shell.screen()), shell.screen());
  shell.type("exit");
  await shell.ended();
});

e2e("pool: Ctrl-Z where nobody could continue it has no effect", async (box) => {
  const { stdout } = await box.sh(
    `setsid "$IMP" pool --shell 'kill -TSTP $PPID; sleep 0.1; echo done $1' ::: a b; echo $?`,
  );
  assertEquals(stdout.split("\n").sort().join(" "), " 0 done a done b");
});

e2e("pool --progress: a line on the terminal, which goes away", async (box) => {
  const shell = openShell(box, ["bash", "--norc"]);
  shell.type(
    `seq 8 | TERM=xterm "$IMP" pool -j2 --progress -v --shell 'sleep 0.2'; echo "status $?"`,
  );
  await eventually(() => shell.screen().includes("status 0"), () => shell.screen());
  const screen = shell.screen();
  assertMatch(screen, /\d+ done {2}2 running {2}0 failed/);
  assertMatch(screen, /8 jobs in [\d.]+m?s .*: 8 succeeded, 0 failed/);
  assert(screen.includes("\x1b[K8 jobs in"), screen);
  shell.type("exit");
  await shell.ended();
});

e2e("pool: a job that wants the terminal is named, and --timeout ends it", async (box) => {
  const shell = openShell(box, ["bash", "--norc"]);
  shell.type(
    `"$IMP" pool -j2 --timeout 1s --shell 'if [ $1 = a ]; then read -r x < /dev/tty; fi' ::: a b; echo "status $?"`,
  );
  await eventually(() => shell.screen().includes("status 1"), () => shell.screen());
  const told = shell.screen().match(/job 1 \(pid \d+\) is stopped: it wants the terminal/g);
  assertEquals(told?.length, 1, shell.screen());
  shell.type("exit");
  await shell.ended();
});

function ticks(box: Sandbox): number {
  let least = Infinity;
  for (const name of ["a", "b"]) {
    try {
      least = Math.min(least, Deno.statSync(box.path(`tick.${name}`)).size);
    } catch {
      return 0;
    }
  }
  return least / 2;
}

function isGuard(pid: number): boolean {
  return wordsOf(pid).includes("imp-pool-guard");
}

/** Stopped; or in vfork(2), and its child was stopped before it could execute a program: then it shows as D. */
function isHeld(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state === "T" || state === "D";
}
