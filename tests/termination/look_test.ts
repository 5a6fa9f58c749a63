import { assert } from "@std/assert";
import { listTree } from "../../src/termination/look.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";

Deno.test("listTree: one that is born while its parent ends is not missed", () => {
  for (let round = 0; round < 150; round++) {
    const pid = spawn({
      path: "/bin/sh",
      argv: ["sh", "-c", "sleep 300 & exit"],
      env: ["PATH=/usr/bin:/bin"],
      group: 0,
    });
    assert(pid > 0);
    try {
      let heir = false;
      while (!heir) {
        const left = listTree({ groups: [pid] });
        assert(left.length > 0, `round ${round}: a look found nobody`);
        heir = left.length === 1 && left[0].pid !== pid && left[0].comm === "sleep";
      }
    } finally {
      sendSignal(-pid, 9);
      waitFor(pid);
    }
  }
});
