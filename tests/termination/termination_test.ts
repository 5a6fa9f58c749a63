import { assert, assertEquals } from "@std/assert";
import { SIGTERM } from "../../src/libc/abi.ts";
import { closeFile, writeAll } from "../../src/libc/descriptors/files.ts";
import { openPipe } from "../../src/libc/descriptors/pipe.ts";
import { FLOOR } from "../../src/libc/descriptors/reserved.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { readCmdline } from "../../src/procfs/cmdline.ts";
import { readStat } from "../../src/procfs/stat.ts";
import { identityOf, isRunning, signalProcess } from "../../src/termination/identity.ts";
import { listTree } from "../../src/termination/look.ts";
import { killBlocking, Termination, untilOver } from "../../src/termination/termination.ts";
import { sessionLedBy } from "../../src/termination/scope.ts";
import { until } from "./until.ts";

/** Calls it as a loop does, until it is over. */
async function over(termination: Termination, ms = 120_000): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (termination.advance(performance.now())) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

function start(script: string): Deno.ChildProcess {
  return new Deno.Command("bash", { args: ["-c", script], stdout: "piped", stdin: "null" }).spawn();
}

/** Reads until it is up. */
async function up(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

Deno.test({
  name: "termination: who is born after the signal is asked too, long before the next step",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    // On TERM it leaves a child in its group and goes.
    const script = `trap 'sleep 61 & exit' TERM; echo up; while :; do sleep 0.02; done`;
    const child = new Deno.Command("setsid", {
      args: ["bash", "-c", script],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    await up(child);
    const scope = () => ({ groups: [child.pid] });
    const termination = new Termination(
      scope,
      { steps: [{ signal: 15, wait: 900_000 }] },
    );
    assertEquals(await over(termination), true);
    assertEquals(listTree(scope()), []);
    await child.status;
  },
});

Deno.test({
  name: "termination: the deaf are killed when it is hurried",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const child = start(`trap '' TERM; echo up; while :; do sleep 0.02; done`);
    await up(child);
    const termination = new Termination(
      { roots: [identityOf(child.pid)!] },
      { steps: [{ signal: 15, wait: 900_000 }] },
    );
    assertEquals(termination.advance(performance.now()), false);
    termination.hurry(performance.now());
    assertEquals(await over(termination), true);
    assertEquals((await child.status).signal, "SIGKILL");
  },
});

/** Starts a shell script in a session of its own. */
function startSession(script: string): number {
  const pid = spawn({
    path: "/bin/sh",
    argv: ["sh", "-c", script],
    env: ["PATH=/usr/bin:/bin"],
    newSession: true,
  });
  assert(pid > 0);
  return pid;
}

const grace = (wait: number) => ({ steps: [{ signal: 15, wait }] });

/** @param child is reaped: its zombie would hold its PID */
async function end(termination: Termination, child: number): Promise<void> {
  for (const pause of untilOver(termination)) {
    tryWait(child);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

Deno.test("termination: a willing tree ends at once, whatever the grace", async () => {
  const pid = startSession("sleep 300 & (sleep 301 & wait) & wait");
  await until(() => listTree({ roots: [identityOf(pid)!] }).length === 4);
  const begin = performance.now();
  const termination = new Termination({ sessions: [pid] }, grace(900_000));
  await end(termination, pid);
  assertEquals([termination.killed, termination.left, termination.refused], [[], [], []]);
  assert(performance.now() - begin < 300_000);
});

Deno.test("termination: stopped processes end, stubborn ones are killed and named", async () => {
  const pid = startSession(
    'sh -c "trap \\"\\" TERM; while :; do sleep 0.05; done" & sleep 300 & kill -STOP $!; wait',
  );
  await until(() => listTree({ sessions: [pid] }).some(({ state }) => state === "T"));
  await until(() => listTree({ sessions: [pid] }).length >= 4);
  const termination = new Termination({ sessions: [pid] }, grace(200));
  await end(termination, pid);
  assertEquals(termination.left, []);
  assert(termination.killed.some(({ comm }) => comm === "sh"));
  assertEquals(listTree({ sessions: [pid] }), []);
});

Deno.test("termination: an empty tree needs no work", () => {
  const pid = startSession("exit 0");
  waitFor(pid);
  const termination = new Termination({ groups: [pid], sessions: [pid] }, grace(1000));
  assertEquals(termination.advance(performance.now()), true);
  assertEquals(termination.due, Infinity);
});

Deno.test("termination: a single process, whatever is below it", async () => {
  const pid = startSession("sleep 300 & wait");
  await until(() => listTree({ sessions: [pid] }).length === 2);
  const [child] = listTree({ below: [pid] });
  await end(new Termination({ single: [identityOf(pid)!] }, grace(900_000)), pid);
  assert(isRunning(child));
  await end(new Termination({ roots: [child] }, { steps: [] }), pid);
  assert(!isRunning(child));
});

Deno.test("killBlocking: a session, with an orphan in it and a leader not yet reaped", async () => {
  const pid = startSession("(sleep 300 &) ; sleep 300; true");
  const orphan = () =>
    listTree({ sessions: [pid] }).filter((one) => one.comm === "sleep" && one.ppid !== pid);
  await until(() => listTree({ sessions: [pid] }).length === 3 && orphan().length === 1);
  const members = listTree({ sessions: [pid] });
  assert(killBlocking(sessionLedBy(pid, identityOf(pid))));
  assert(!members.some((one) => isRunning(one)));
  assert(tryWait(pid) !== "running");
});

Deno.test("termination: who is known to be there although a look found nobody is waited for", () => {
  let isProven = false;
  const nobody = { sessions: [] };
  const termination = new Termination(nobody, { steps: [] }, { due: 0, isProven: () => isProven });
  assertEquals(termination.advance(performance.now()), false);
  isProven = true;
  assertEquals(termination.advance(performance.now()), true);
});

Deno.test("termination: a child of one who was asked is asked as soon as that one is gone", async () => {
  // Its shell is asked, and starts something in order to end well; nothing shows whether it is killed instead.
  const pid = startSession(`trap 'sleep 300 & wait' TERM; sleep 301 & wait; wait; sleep 302`);
  const scope = { sessions: [pid] };
  const has = (text: string) => () => listTree(scope).some((kin) => commandOf(kin.pid) === text);
  await until(has("sleep 301"));
  const termination = new Termination(scope, grace(900_000));
  termination.advance(performance.now());
  await until(has("sleep 300"));
  const shell = identityOf(pid)!;
  for (let i = 0; i < 3; i++) assertEquals(termination.advance(performance.now()), false);
  assert(has("sleep 300")(), "it is left alone while its shell lives");
  signalProcess(shell, 9);
  await end(termination, pid);
  assertEquals([termination.left, termination.killed], [[], []]);
});

function commandOf(pid: number): string {
  const words = readCmdline(pid);
  return Array.isArray(words) ? words.join(" ") : "";
}

Deno.test("termination: who leaves its group between a look and the signal to that group is asked again", async () => {
  const [theirs, ours] = openPipe(FLOOR.job);
  const leader = spawn({
    path: "/bin/sh",
    argv: ["sh", "-c", `{ read -r _ <&3; exec setsid sleep 300; } & wait`],
    env: ["PATH=/usr/bin:/bin"],
    descriptors: [[theirs, 3]],
    newSession: true,
  });
  assert(leader > 0);
  await until(() => listTree({ below: [leader] }).length === 1);
  const [mover] = listTree({ below: [leader] });
  const moved = () => readStat(mover.pid)?.pgid === mover.pid;
  const scope = { roots: [identityOf(leader)!, identityOf(mover.pid)!] };
  // What was seen of it is older than the signal.
  let hasMoved = false;
  const belonging = () => {
    // Asked once: by the second time it may have ended and have been reaped.
    if (!hasMoved) writeAll(ours, "\n");
    while (!hasMoved) hasMoved = moved();
    return scope;
  };
  const begin = performance.now();
  const termination = new Termination(belonging, grace(900_000));
  await end(termination, leader);
  assertEquals([termination.killed, termination.left], [[], []]);
  assert(performance.now() - begin < 100_000, "it was not asked again");
  closeFile(theirs);
  closeFile(ours);
});

Deno.test("termination: who was not shown by a look is signalled all the same", async () => {
  const hidden = start("echo; exec sleep 1000");
  await up(hidden);
  const kin = () => [readStat(hidden.pid)!].filter((stat) => stat && stat.state !== "Z");
  const schedule = { steps: [{ signal: SIGTERM, wait: 100_000 }] };
  const termination = new Termination({ roots: [] }, schedule, { hidden: kin });
  assert(await over(termination));
  assertEquals((await hidden.status).signal, "SIGTERM");
  await hidden.stdout.cancel();
});
