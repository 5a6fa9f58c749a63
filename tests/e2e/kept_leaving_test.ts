// A stop and the keeper of its daemon do not wait for each other.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists, impBinary } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

e2e("kept: whom only the keeper sees holds up no stop", async (box) => {
  const home = new KeptHome(box);
  const imp = box.path("imp");
  await Deno.copyFile(impBinary(), imp);
  const start = await box.run([imp, "start", "web", "--", "sleep", "1000"], { env: home.env });
  assertEquals(start.code, 0, start.stderr);
  // In its place something that leaves a process in the session of the keeper, as a child of it.
  const stray = box.path("stray");
  Deno.renameSync(imp, `${imp}.real`);
  const closed = [3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}>&-`).join(" ");
  Deno.writeTextFileSync(
    `${imp}.new`,
    `#!/bin/sh\n[ -e ${stray} ] || { sleep 1000 ${closed} & echo $! >${stray}; }\n` +
      `exec ${imp}.real "$@"\n`,
  );
  Deno.chmodSync(`${imp}.new`, 0o755);
  Deno.renameSync(`${imp}.new`, imp);
  try {
    const { keeper } = home.waiters("web");
    Deno.kill(keeper!, "SIGUSR1");
    await eventually(() => exists(stray) && Deno.readTextFileSync(stray) !== "", "it is there");
    const stopped = await home.done("stop", "web");
    // With a note when the command did not wait any longer.
    assertMatch(stopped, /^web: stopped \(pid \d+\) in \S+\n$/);
    assertEquals(home.record("web", "state").runs.at(-1).signal, "TERM");
  } finally {
    if (exists(stray)) Deno.kill(Number(Deno.readTextFileSync(stray)), "SIGKILL");
  }
});
