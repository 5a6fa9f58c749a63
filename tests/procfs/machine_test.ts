import { assert, assertEquals } from "@std/assert";
import {
  availableMemory,
  currentLoad,
  hostName,
  newestPid,
  readNumber,
  readUidMap,
  totalMemory,
} from "../../src/procfs/machine.ts";

Deno.test("newestPid: changes when somebody is born", async () => {
  const before = newestPid();
  await new Deno.Command("true").output();
  assert(before > 0);
  assert(newestPid() !== before);
});

Deno.test("memory, load, name: as the kernel reports them", () => {
  assert(totalMemory()! > availableMemory()!);
  assertEquals(totalMemory()! % 1024, 0);
  assert(currentLoad() >= 0);
  assertEquals(hostName(), Deno.hostname());
});

Deno.test("readNumber: one number, and nothing else", () => {
  assert(readNumber("/proc/sys/kernel/pid_max")! > 0);
  assertEquals(readNumber("/proc/sys/kernel/hostname/none"), undefined);
  assertEquals(readNumber("/proc/loadavg"), undefined);
});

Deno.test("readUidMap: this user is within it", () => {
  const { inside, count } = readUidMap()!;
  assert(inside <= Deno.uid()! && Deno.uid()! < inside + count);
});
