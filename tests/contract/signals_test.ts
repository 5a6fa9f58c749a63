import { libc } from "../../src/libc/calling/load.ts";
import { dieBy } from "../../src/libc/processes/die_by.ts";
import { ignoredSignals, isCaught } from "../../src/libc/processes/dispositions.ts";
import {
  ignoreSignal,
  maySignal,
  resetSignal,
  sendSignal,
  setSignalMask,
  signalSet,
} from "../../src/libc/processes/signals.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { ImpError } from "../../src/base/errors.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import {
  end,
  eventually,
  isRoot,
  perform,
  playRole,
  signalsIn,
  SLEEP,
  start,
  statusField,
  told,
} from "./support.ts";
import { skip } from "../skip.ts";

const SIGINT = 2, SIGUSR1 = 10, SIGUSR2 = 12, SIGTERM = 15;

const own = () => libc("getpid").getpid();
const signals = (field: string) => signalsIn(statusField("thread-self", field));

/** Signals arrive one by one: two of a kind that wait at the same time are one. */
async function count(name: string, number: number, times: number): Promise<number> {
  let seen = 0;
  const restore = runtime.onSignal(name, () => seen++);
  for (let i = 1; i <= times; i++) {
    sendSignal(own(), number);
    await eventually(() => seen >= i, `arrival ${i} of ${name}`);
  }
  restore();
  return seen;
}

await playRole({
  handling: async () => {
    const counts: number[] = [];
    counts.push(await count("SIGUSR1", SIGUSR1, 50));
    counts.push(await count("SIGTERM", SIGTERM, 3));
    counts.push(await count("SIGHUP", 1, 3));
    return counts;
  },
  "two handlers": async () => {
    const seen: string[] = [];
    const first = runtime.onSignal("SIGUSR1", () => seen.push("first"));
    const second = runtime.onSignal("SIGUSR1", () => seen.push("second"));
    sendSignal(own(), SIGUSR1);
    await eventually(() => seen.length === 2, "both are called");
    first();
    sendSignal(own(), SIGUSR1);
    await eventually(() => seen.length === 3, "the second is called alone");
    second();
    return seen;
  },
  "death by a signal": () => {
    setSignalMask(signalSet([1, SIGTERM]));
    ignoreSignal(SIGTERM);
    return Promise.resolve(dieBy("TERM"));
  },
  "death after restoring": async () => {
    await count("SIGUSR2", SIGUSR2, 2);
    sendSignal(own(), SIGUSR2);
    await eventually(() => false, "dead", 3000);
  },
});

test("signals: a handler is called for each arrival", async () => {
  assertEquals(told(await perform(import.meta, "handling")), [50, 3, 3]);
});

test("signals: two handlers of one signal do not get in each other's way", async () => {
  const seen = told(await perform(import.meta, "two handlers"));
  assertEquals(seen, ["first", "second", "second"]);
});

test("signals: without its handler a signal has its default effect again", async () => {
  const { signal, code } = await perform(import.meta, "death after restoring");
  assertEquals([signal, code], ["SIGUSR2", 128 + SIGUSR2]);
});

test("signals: dying by one happens though it is ignored and blocked", async () => {
  const { signal, code } = await perform(import.meta, "death by a signal");
  assertEquals([signal, code], ["SIGTERM", 128 + SIGTERM]);
});

test("signals: what is caught is told from what is ignored and what has its default effect", () => {
  assertEquals(isCaught(SIGUSR2), false);
  const restore = runtime.onSignal("SIGUSR2", () => {});
  assertEquals(isCaught(SIGUSR2), true);
  restore();
  ignoreSignal(50);
  assertEquals([isCaught(50), ignoredSignals().includes(50)], [false, true]);
  resetSignal(50);
  // No signal at all, and one of the C library's own.
  assertEquals([isCaught(99), isCaught(32)], [false, false]);
});

test("signals: whether one may be sent is the kernel's to say", () => {
  assertEquals([maySignal(own()), maySignal(1)], [true, isRoot]);
  // Nobody forbids it.
  assertEquals(maySignal(0x3fff_ffff), true);
});

test("signals: sending says whether there was somebody", () => {
  assertEquals(sendSignal(own(), 0), true);
  const pid = start({ argv: [SLEEP, "1000"] });
  assertEquals([sendSignal(pid, 0), sendSignal(pid, SIGTERM)], [true, true]);
  assertEquals(waitFor(pid)?.ending, { how: "signal", signal: SIGTERM, core: false });
  assertEquals(sendSignal(pid, 0), false);
  assertEquals([sendSignal(0x3fff_ffff, 0), sendSignal(-0x3fff_ffff, 0)], [false, false]);
});

test("signals: a negative number means a group", () => {
  const leader = start({ argv: [SLEEP, "1000"], group: 0 });
  const member = start({ argv: [SLEEP, "1000"], group: leader });
  const other = start({ argv: [SLEEP, "1000"] });
  assertEquals(sendSignal(-leader, SIGINT), true);
  for (const pid of [leader, member]) {
    assertEquals(waitFor(pid)?.ending, { how: "signal", signal: SIGINT, core: false });
  }
  assertEquals([sendSignal(other, 0), sendSignal(-leader, 0)], [true, false]);
  end(other);
});

test("signals: what cannot be sent is an error that names signal and target", () => {
  const failure = (pid: number, signal: number) =>
    assertThrows(() => sendSignal(pid, signal), ImpError) as ImpError;
  assertEquals(
    failure(own(), 99).message,
    `cannot send 99 to pid ${own()}: EINVAL (invalid argument)`,
  );
});

test("signals: what may not be sent to another user's process is an error too", (name) => {
  if (isRoot) return skip(name, "it needs an ordinary user");
  const { message } = assertThrows(() => sendSignal(1, SIGTERM), ImpError) as ImpError;
  assertEquals(message, "cannot send TERM to pid 1: EPERM (operation not permitted)");
});

test("signals: the mask is set, told and set back", () => {
  const before = signals("SigBlk");
  const old = setSignalMask(signalSet([SIGINT, 34, 64]));
  assertEquals(signals("SigBlk"), [SIGINT, 34, 64]);
  const some = setSignalMask(signalSet("none"));
  assertEquals(signals("SigBlk"), []);
  setSignalMask(some);
  assertEquals(signals("SigBlk"), [SIGINT, 34, 64]);
  setSignalMask(old);
  assertEquals(signals("SigBlk"), before);
});

test("signals: a set has the bits of its signals", () => {
  assertEquals([...signalSet([1, 8, 9, 64]).bytes.slice(0, 9)], [129, 1, 0, 0, 0, 0, 0, 128, 0]);
  assert(signalSet("none").bytes.every((byte) => byte === 0));
  assert(signalSet("all").bytes.every((byte) => byte === 255));
});

test("signals: ignoring and resetting change the disposition, and only that one", () => {
  const before = signals("SigIgn");
  ignoreSignal(SIGUSR1);
  ignoreSignal(50);
  assertEquals(signals("SigIgn"), [...before, SIGUSR1, 50].sort((a, b) => a - b));
  resetSignal(SIGUSR1);
  resetSignal(50);
  assertEquals(signals("SigIgn"), before);
  // These two cannot be changed: they are skipped.
  for (const number of [9, 19]) resetSignal(number);
});
