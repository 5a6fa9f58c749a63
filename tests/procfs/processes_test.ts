import { assert, assertEquals } from "@std/assert";
import { listPids, newestPid, snapshot } from "../../src/procfs/processes.ts";

Deno.test("the list and the snapshot hold this process and its parent, in order", () => {
  const pids = listPids();
  assert(pids.includes(Deno.pid));
  assertEquals(pids, pids.toSorted((a, b) => a - b));
  const all = snapshot();
  assertEquals(all.get(Deno.pid)?.ppid, Deno.ppid);
  assert(all.has(1));
});

Deno.test("newestPid: changes when somebody is born", async () => {
  const before = newestPid();
  await new Deno.Command("true").output();
  assert(before > 0);
  assert(newestPid() !== before);
});
