import { assertEquals } from "@std/assert";
import { orphansCommand } from "../../../src/commands/orphans/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

const display = { json: false, quiet: false, color: undefined };

Deno.test("imp orphans lists, or ends what is named", () => {
  assertEquals(requestBy(orphansCommand, "-a"), { act: "list", pids: [], all: true, display });
  assertEquals(requestBy(orphansCommand, "--end", "7", "8", "-y", "--grace", "1s"), {
    ...{ act: "end", pids: [7, 8], graceMs: 1000, yes: true, display },
  });
});

Deno.test("imp orphans: contradictions are refused", () => {
  assertRefused(orphansCommand, [
    ["--grace 1s", "--grace needs --end"],
    ["7 --yes", "--yes needs --end"],
    ["--end", "--end needs the PIDs of orphans"],
    ["--end --all 7", "--end and --all cannot be used together"],
  ]);
});
