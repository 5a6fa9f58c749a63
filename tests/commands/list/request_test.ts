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
  assertEquals(requestBy(listCommand, "-w", "--interval", "0").everyMs, 50, "no busy loop");
});

Deno.test("imp list: what is refused", () => {
  assertRefused(listCommand, [
    ["--interval 1s", "--interval needs --watch"],
    ["--watch --interval x", "'x' is not a duration"],
  ]);
});
