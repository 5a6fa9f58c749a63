import { assertEquals } from "@std/assert";
import { listCommand } from "../../../src/commands/list/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

Deno.test("imp list: what is asked for", () => {
  const display = { json: false, quiet: false, color: undefined };
  assertEquals(requestBy(listCommand), { words: [], allUsers: false, display });
  assertEquals(requestBy(listCommand, "web*", "--all-users"), {
    words: ["web*"],
    allUsers: true,
    display,
  });
  assertEquals(requestBy(listCommand, "--watch").everyMs, 2000);
  assertEquals(requestBy(listCommand, "-w", "--interval", "500ms").everyMs, 500);
  assertEquals(requestBy(listCommand, "-w", "--interval", "50ms").everyMs, 50);
});

Deno.test("imp list: what is refused", () => {
  assertRefused(listCommand, [
    ["--interval 1s", "--interval needs --watch"],
    ["--watch --interval x", "'x' is not a duration"],
    ["--watch --interval 0", "--interval 0 is too short: the least is 50ms"],
    ["--watch --interval 49ms", "--interval 49ms is too short: the least is 50ms"],
  ]);
});
