import { closeFile, duplicate, isOpen, readSome } from "../../src/libc/descriptors/files.ts";
import { makeLeash } from "../../src/libc/processes/leash.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocateForGood } from "../../src/libc/calling/memory.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { type Reaped, tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { eventually, programCommand, start, text } from "./support.ts";

const SIGKILL = 9;
const KILLED = { how: "signal", signal: SIGKILL, core: false };
const environment = Object.entries(runtime.environment()).map(([name, value]) =>
  `${name}=${value}`
);

/** Starts a process that wears the leash. @returns its PID, and what it says once it does */
function wearer(worn: number): { pid: number; said: string } {
  const ends = allocateForGood(8);
  assertEquals(libc("pipe2").pipe2(ends.address, 0o2000000), 0);
  const [readEnd, writeEnd] = [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
  const argv = programCommand("tests/fixtures/runtime/leash.ts");
  const descriptors: [number, number][] = [[writeEnd, 1], [worn, 3]];
  const pid = spawn({ path: argv[0], argv, env: environment, descriptors });
  closeFile(writeEnd);
  assert(pid > 0);
  const said = text(readSome(readEnd) as Uint8Array).trim();
  closeFile(readEnd);
  return { pid, said };
}

async function endOf(pid: number): Promise<unknown> {
  let reaped: Reaped | "running" | undefined;
  await eventually(() => (reaped = tryWait(pid)) !== "running", "it ends");
  return (reaped as Reaped).ending;
}

test("a leash: the process lives as long as anybody holds the other end, and no longer", async () => {
  const [worn, held] = makeLeash();
  const other = start({ argv: ["/bin/sleep", "600"], descriptors: [[held, 9]] });
  const wearers = [wearer(worn), wearer(worn)];
  try {
    assertEquals(wearers.map(({ said }) => said), ["worn", "worn"]);
    closeFile(held);
    await runtime.sleep(50);
    assertEquals(wearers.map(({ pid }) => tryWait(pid)), ["running", "running"]);
    sendSignal(other, SIGKILL);
    waitFor(other);
    assertEquals([await endOf(wearers[0].pid), await endOf(wearers[1].pid)], [KILLED, KILLED]);
  } finally {
    closeFile(worn);
  }
});

test("a leash that nobody holds any more is known at once", () => {
  const [worn, held] = makeLeash();
  closeFile(held);
  const { pid, said } = wearer(worn);
  closeFile(worn);
  assertEquals(said, "gone");
  sendSignal(pid, SIGKILL);
  waitFor(pid);
});

test("the ends of a leash are not passed on", () => {
  const [worn, held] = makeLeash();
  const copy = duplicate(held);
  assert([worn, held, copy].every(isOpen));
  for (const fd of [worn, held, copy]) {
    assertEquals(libc("fcntl").fcntl(fd, 1, 0), 1, "FD_CLOEXEC");
    closeFile(fd);
  }
});
