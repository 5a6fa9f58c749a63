import { assertEquals } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { blameOptions } from "../../src/project/blame.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { START_OPTIONS } from "../../src/commands/start/options.ts";
import { startRequest } from "../../src/commands/start/request.ts";

/** `KEY…: MESSAGE` for each. */
function blamed(...words: string[]): string[] {
  const names = words.map((word) => word.slice(2).split("=")[0]);
  return blameOptions(names, (some) => {
    const { values } = parseCommandLine({ options: START_OPTIONS }, some.map((i) => words[i]));
    startRequest(values, ["web", "--", "prog"]);
  }).map(({ at, error }) => `${at.map((i) => names[i]).join("+")}: ${error.message}`);
}

Deno.test("blame: every option that is wrong, and none that is not", () => {
  assertEquals(blamed("--nice=5"), []);
  const both = [...blamed("--umask=9"), ...blamed("--stop-timeout=x")];
  assertEquals(both.length, 2);
  assertEquals(new Set(blamed("--stop-timeout=x", "--nice=5", "--umask=9")), new Set(both));
  assertEquals(blamed("--ready=tcp:1", "--ready=foo"), [
    "ready: 'foo' is not a readiness rule",
  ]);
});

Deno.test("blame: two that contradict each other, and what follows from that is not told", () => {
  assertEquals(blamed("--stop=TERM:1s", "--stop-timeout=2s"), [
    "stop+stop-timeout: --stop and --stop-timeout cannot be used together",
  ]);
  assertEquals(blamed("--every=x", "--overlap=skip"), ["every: 'x' is not a duration"]);
  assertEquals(blamed("--overlap=skip").length, 1);
});

Deno.test("blame: an error of nobody ends the search", () => {
  const found = blameOptions(["a"], () => {
    throw new UsageError("the name");
  });
  assertEquals(found.map(({ at }) => at), [[]]);
});
