import { assertEquals } from "@std/assert";
import { zombiesCommand } from "../../../src/commands/zombies/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

const act = (...words: string[]) => requestBy(zombiesCommand, ...words).act;

Deno.test("imp zombies: one thing is done, and options belong to it", () => {
  assertEquals(act("7"), { do: "list" });
  assertEquals(act("--watch"), { do: "watch", everyMs: 1000 });
  assertEquals(act("-w", "--every", "10ms"), { do: "watch", everyMs: 10 });
  assertEquals(act("--ask", "-y", "7"), { do: "ask", yes: true });
  assertEquals(act("--end-parent"), { do: "end-parent", yes: false, graceMs: 5000 });
  assertEquals(act("--end-parent", "--grace=1s"), { do: "end-parent", yes: false, graceMs: 1000 });
  assertEquals(requestBy(zombiesCommand, "7", "--json", "8").pids, [7, 8]);
});

Deno.test("imp zombies: contradictions are refused", () => {
  assertRefused(zombiesCommand, [
    ["--watch --ask", "--watch and --ask cannot be used together"],
    ["--ask --end-parent", "--ask and --end-parent cannot be used together"],
    ["--every 1s", "--every needs --watch"],
    ["--ask --every 1s", "--every needs --watch"],
    ["--grace 1s", "--grace needs --end-parent"],
    ["--ask --grace 1s", "--grace needs --end-parent"],
    ["--yes", "--yes needs --ask or --end-parent"],
    ["--watch --every 9ms", "--every: at least 10ms"],
  ]);
});
