import { assertEquals } from "@std/assert";
import { labCommand } from "../../../src/commands/lab/command.ts";
import { SCENARIOS } from "../../../src/lab/scenarios/mod.ts";
import { assertRefused, requestBy } from "../asking.ts";

/** What is done, with how many scenarios. */
function asked(...words: string[]): [act: string, scenarios: number] {
  const request = requestBy(labCommand, ...words);
  return [request.act, request.act === "list" ? 0 : request.scenarios.length];
}

Deno.test("imp lab lists, explains or plays", () => {
  const all = SCENARIOS.length;
  const [{ id }] = SCENARIOS;
  assertEquals(asked(), ["list", 0]);
  assertEquals(asked("--list"), ["list", 0]);
  assertEquals(asked("--explain"), ["explain", all]);
  assertEquals(asked("--explain", id), ["explain", 1]);
  assertEquals(asked("--all", "--speed", "1"), ["play", all]);
  assertEquals(asked(id, id), ["play", 1]);
});

Deno.test("imp lab: contradictions are refused", () => {
  const [{ id }] = SCENARIOS;
  assertRefused(labCommand, [
    [`--list ${id}`, "--list takes no scenario"],
    ["--list --all", "--list goes with neither --all nor --explain"],
    ["--list --explain", "--list goes with neither --all nor --explain"],
    [`--all ${id}`, "--all and scenarios cannot be used together"],
    ["--speed 1", "--speed needs scenarios to play"],
    ["--list --speed 1", "--speed needs scenarios to play"],
    [`--explain ${id} --speed 1`, "--speed needs scenarios to play"],
    ["--all --speed 0", "--speed is a number from 0.1 to 20, not '0'"],
    ["nosuch", "no scenario is called 'nosuch'"],
  ]);
});
