// A row of the job log means that the job's output has left imp. tests/long tries more moments.
import { assertEquals } from "@std/assert";
import { e2e } from "./harness.ts";
import { AT_ONCE, rowsMeanOutput, SIGNALS } from "./joblog_check.ts";
import { MODES, rowsOf, SINKS, start } from "./joblog_run.ts";

MODES.forEach((mode, m) => {
  SINKS.forEach((sink, s) => rowsMeanOutput(mode, sink, [SIGNALS[(m + s) % SIGNALS.length]]));
});

for (const mode of MODES.filter(({ streams }) => !streams)) {
  e2e(`pool ${mode.name}: a reader that is gone leaves no row`, async (box) => {
    const pool = start(box, mode, "pipe", ["--joblog", "log", `-j${AT_ONCE}`], "wait");
    await pool.hasBegun(1, 0);
    pool.leave();
    await Deno.writeTextFile(box.path("go"), "");
    assertEquals((await pool.ended()).status, "SIGPIPE");
    assertEquals(rowsOf(box), []);
  });
}
