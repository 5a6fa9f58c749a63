import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { replaceVariables } from "../../src/project/variables.ts";

function replaced(text: string): string {
  const { text: made, troubles } = replaceVariables(
    text,
    (name) => ({ A: "1", EMPTY: "", TWO: "${A}" })[name],
  );
  return troubles.length > 0 ? `! ${troubles.map(({ message }) => message).join("; ")}` : made;
}

Deno.test("variables: set, not set, by default, and dollars", () => {
  for (
    const [text, expected] of [
      ["x ${A}y", "x 1y"],
      ["${A:-2}", "1"],
      ["${B:-2}", "2"],
      ["${EMPTY:-2}", "2"],
      ["${EMPTY}", ""],
      ["${B:-${A}${C:-}}", "1"],
      ["${B:-a:-b}", "a:-b"],
      // What a variable holds is not looked into.
      ["${TWO}", "${A}"],
      ["$$", "$"],
      ["$${A}", "${A}"],
      ["$HOME $1 $", "$HOME $1 $"],
      ["${B}", "! the variable B is not set"],
      ["${B:-${C}}", "! the variable C is not set"],
      ["a ${A", "! '${A' is not closed"],
      ["${}", "! '${}' names no variable"],
      ["${A-b}", "! '${A-b}' names no variable"],
    ]
  ) assertEquals(replaced(text), expected, text);
});

Deno.test("variables: any text comes out, and doubled dollars come out as they were", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assertEquals(replaced(text.replaceAll("$", "$$$$")), text);
    replaceVariables(text, () => undefined);
  }));
});
