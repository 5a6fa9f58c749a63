import { ImpError } from "../../src/base/errors.ts";
import { onCpu } from "../../src/libc/processes/affinity.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import { openPidfd, signalPidfd } from "../../src/libc/processes/pidfd.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal, windowSize } from "../../src/libc/descriptors/tty.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import {
  identityOf,
  isRunning,
  signalByNumber,
  signalProcess,
} from "../../src/termination/identity.ts";
import { lastCpu } from "../../src/procfs/status.ts";
import { readStat } from "../../src/procfs/stat.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";

function startSleep(): number {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "60"], env: [] });
  assert(pid > 0);
  return pid;
}

test("signalProcess: the process that was seen, and no other with its PID", () => {
  const pid = startSleep();
  const seen = identityOf(pid)!;
  assertEquals(signalProcess({ pid, startTicks: seen.startTicks - 1 }, 15), "ended");
  assert(isRunning(seen));
  assertEquals(signalProcess(seen, 15), "sent");
  const ended = waitFor(pid)!.ending;
  assertEquals(ended, { how: "signal", signal: 15, core: false });
  assert(!isRunning(seen));
  assertEquals(signalProcess(seen, 15), "ended");
  assertEquals(signalByNumber(pid, 15), "ended");
  assertEquals(identityOf(pid), undefined);
});

test("isRunning: a zombie does not run", () => {
  const pid = startSleep();
  const seen = identityOf(pid)!;
  signalProcess(seen, 9);
  while (readStat(pid)?.state !== "Z");
  assert(!isRunning(seen));
  waitFor(pid);
});

test("signalProcess: what no right is lacking for is an error", () => {
  const pid = startSleep();
  const seen = identityOf(pid)!;
  assertThrows(() => signalProcess(seen, 999), ImpError, "EINVAL");
  signalProcess(seen, 9);
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
