import { onCpu } from "../../src/libc/processes/affinity.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import { openPidfd, signalPidfd } from "../../src/libc/processes/pidfd.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { windowSize } from "../../src/libc/descriptors/window_size.ts";
import { SignalTarget } from "../../src/family/signal_target.ts";
import { lastCpu } from "../../src/procfs/sched.ts";
import { readStat } from "../../src/procfs/stat.ts";
import { assert, assertEquals, test } from "./harness.ts";

function startSleep(): number {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "60"], env: [] });
  assert(pid > 0);
  return pid;
}

test("target: the process that was seen, and no other with its PID", () => {
  const pid = startSleep();
  const seen = readStat(pid)!;
  assertEquals(SignalTarget.open({ pid, startTicks: seen.startTicks - 1 }), undefined);
  const target = SignalTarget.open(seen)!;
  assert(target.alive);
  assert(target.signal(15));
  const ended = waitFor(pid)!.ending;
  assertEquals(ended, { how: "signal", signal: 15, core: false });
  assert(!target.alive);
  assertEquals(target.signal(15), false);
  target.close();
  assertEquals(SignalTarget.open(seen), undefined);
});

test("target: a zombie is not alive", () => {
  const pid = startSleep();
  const target = SignalTarget.open(readStat(pid)!)!;
  target.signal(9);
  while (readStat(pid)?.state !== "Z");
  assert(!target.alive);
  target.close();
  waitFor(pid);
});

test("signalPidfd: an errno, not an exception", () => {
  const fd = openPidfd(ownPid());
  assertEquals(signalPidfd(fd, 0), 0);
  assertEquals(signalPidfd(fd, 999), 22);
  closeFile(fd);
});

test("onCpu: there and back again", () => {
  const cpu = lastCpu(ownPid())!;
  assertEquals(onCpu(cpu, () => "done"), "done");
  assertEquals(onCpu(8191, () => "never"), undefined);
  for (let i = 0; i < 1000; i++) assertEquals(onCpu(cpu, () => i), i);
});

test("windowSize: of a terminal, and of what is none", () => {
  const { master } = openTerminal({ rows: 10, columns: 77 });
  assertEquals(windowSize(master), { rows: 10, columns: 77 });
  closeFile(master);
  assertEquals(windowSize(master), undefined);
});
