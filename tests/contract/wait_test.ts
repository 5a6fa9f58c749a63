import { sendSignal } from "../../src/libc/processes/signals.ts";
import { hasChildren, isStopped, tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { allocate, scratch } from "../../src/libc/calling/memory.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { interrupted } from "./interrupts.ts";
import {
  children,
  eventually,
  perform,
  playRole,
  relations,
  SHELL,
  SLEEP,
  start,
  told,
} from "./support.ts";

const SIGKILL = 9, SIGTERM = 15, SIGSEGV = 11, SIGSTOP = 19;

await playRole({
  "interrupted waiting": () =>
    interrupted(() => waitFor(start({ argv: [SHELL, "-c", "sleep 0.2; exit 7"] }))?.ending),
});

const shell = (script: string) => start({ argv: [SHELL, "-c", script] });

// This one comes first: it is about the very first use.
test("wait: what was first used inside a scratch outlives it", () => {
  scratch(() => tryWait(shell("exit 1")));
  const { bytes } = allocate(64);
  bytes.fill(7);
  const [left] = children();
  if (left !== undefined) waitFor(left);
  assert(bytes.every((byte) => byte === 7));
});

test("wait: every exit status", () => {
  const pids = Array.from({ length: 256 }, (_, code) => shell(`exit ${code}`));
  pids.forEach((pid, code) => {
    assertEquals(waitFor(pid), { pid, ending: { how: "exit", code } });
  });
});

test("wait: signals, with and without core", () => {
  for (const signal of [SIGTERM, SIGKILL, 34, 64]) {
    const pid = start({ argv: [SLEEP, "1000"] });
    assert(sendSignal(pid, signal));
    assertEquals(waitFor(pid), { pid, ending: { how: "signal", signal, core: false } });
  }
  const faulty = shell("ulimit -c 0; kill -SEGV $$");
  assertEquals(waitFor(faulty)?.ending, { how: "signal", signal: SIGSEGV, core: false });
});

test("wait: whether there are children, and whether one is stopped, without reaping any", async () => {
  assertEquals(hasChildren(), false);
  const pid = start({ argv: [SLEEP, "1000"] });
  assertEquals([hasChildren(), isStopped(pid)], [true, false]);
  sendSignal(pid, SIGSTOP);
  await eventually(() => isStopped(pid), "the child is stopped");
  assert(isStopped(pid), "asking changes nothing");
  sendSignal(pid, SIGKILL);
  await eventually(() => relations(pid).state === "Z", "the child has ended");
  assertEquals([hasChildren(), isStopped(pid)], [true, false]);
  assertEquals(waitFor(pid)?.ending, { how: "signal", signal: SIGKILL, core: false });
  assertEquals([hasChildren(), isStopped(pid)], [false, false]);
});

test("wait: trying does not wait; what has ended is reaped once", async () => {
  const pid = start({ argv: [SLEEP, "1000"] });
  assertEquals(tryWait(pid), "running");
  sendSignal(pid, SIGSTOP);
  await eventually(() => relations(pid).state === "T", "the child is stopped");
  assertEquals(tryWait(pid), "running");
  sendSignal(pid, SIGKILL);
  await eventually(() => relations(pid).state === "Z", "the child is a zombie");
  assertEquals(tryWait(pid), { pid, ending: { how: "signal", signal: SIGKILL, core: false } });
  assertEquals(tryWait(pid), undefined);
  assertEquals(waitFor(pid), undefined);
  assertEquals(sendSignal(pid, 0), false);
});

test("wait: a process that is no child, or no process", () => {
  const parent = libc("getppid").getppid();
  for (const pid of [parent, 0x3fff_ffff]) {
    assertEquals([waitFor(pid), tryWait(pid)], [undefined, undefined]);
  }
});

test("wait: for any child, until there is none", () => {
  assertEquals(children(), []);
  const pids = new Set([1, 2, 3, 4, 5].map((code) => shell(`exit ${code}`)));
  for (let left = pids.size; left > 0; left--) {
    const reaped = waitFor(-1)!;
    assert(pids.delete(reaped.pid), `${reaped.pid} is none of ours`);
  }
  assertEquals([waitFor(-1), tryWait(-1)], [undefined, undefined]);
});

test("wait: signals interrupt it, and nobody notices", async () => {
  const { interruptions, result } = told(await perform(import.meta, "interrupted waiting")) as {
    interruptions: number;
    result: unknown;
  };
  assert(interruptions > 0, "no call was ever interrupted");
  assertEquals(result, { how: "exit", code: 7 });
});
