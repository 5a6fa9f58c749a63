import { assert, assertEquals } from "@std/assert";
import { childrenOf, listPids, parentsAmong, snapshot } from "../../src/procfs/processes.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { readStat } from "../../src/procfs/stat.ts";

Deno.test("the list and the snapshot hold this process and its parent, in order", () => {
  const pids = listPids();
  assert(pids.includes(Deno.pid));
  assertEquals(pids, pids.toSorted((a, b) => a - b));
  const all = snapshot();
  assertEquals(all.get(Deno.pid)?.ppid, Deno.ppid);
  assert(all.has(1));
});

Deno.test("children: a zombie is one still, who has ended has none", () => {
  const env = ["PATH=/usr/bin:/bin"];
  const idle = spawn({ path: "/bin/sleep", argv: ["sleep", "300"], env });
  // Its child has ended, and exec has made it somebody who does not reap.
  const argv = ["sh", "-c", "true & exec sleep 300"];
  const parent = spawn({ path: "/bin/sh", argv, env, newSession: true });
  assert(idle > 0 && parent > 0);
  try {
    let zombie: number | undefined;
    while (zombie === undefined) {
      const [child] = childrenOf(parent);
      if (child !== undefined && readStat(child)?.state === "Z") zombie = child;
    }
    assertEquals(parentsAmong([idle, parent, 2 ** 22 + 1]), [parent]);
    assertEquals(childrenOf(idle), []);
    assert(childrenOf(Deno.pid).includes(idle));
  } finally {
    for (const pid of [idle, parent]) {
      sendSignal(pid, 9);
      waitFor(pid);
    }
  }
  assertEquals(parentsAmong([parent]), []);
});
