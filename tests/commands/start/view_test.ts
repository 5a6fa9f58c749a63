// What imp start says of a daemon that does not run.
import { assertEquals } from "@std/assert";
import { notStartedText } from "../../../src/commands/start/view.ts";
import type { KeptRun } from "../../../src/keeper/records/kept_state.ts";

const RUN: KeptRun = {
  pid: 412,
  startedAt: 0,
  endedAt: 55,
  kind: "killed",
  signal: "TERM",
  core: false,
  failedStart: true,
  lastLines: ["listening"],
};

Deno.test("a start that its keeper has ended says why, once", () => {
  const told = (reason: string, by: string) =>
    notStartedText({
      ...{ is: "not started", name: "web", reason, again: true } as const,
      run: { ...RUN, by: `imp keeper: ${by}` },
    }).split("\n");
  const rest = ["  | listening", "  its keeper tries again; 'imp stop web' ends that"];
  assertEquals(told("it ended at once", "--max-rss 4K, it has 1.5M"), [
    "web: not running: it ended at once",
    "  it was killed by TERM, by its keeper: --max-rss 4K, it has 1.5M",
    ...rest,
  ]);
  const late = "not ready within 1s: tcp:80 refuses connections";
  assertEquals(told(late, late), [`web: not running: ${late}`, ...rest]);
});
