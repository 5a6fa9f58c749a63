import { assert, assertEquals } from "@std/assert";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { childrenOf, parentsAmong } from "../../src/procfs/processes.ts";
import { readStat } from "../../src/procfs/stat.ts";

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
