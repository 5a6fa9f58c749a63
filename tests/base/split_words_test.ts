import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../src/base/errors.ts";
import { splitWords } from "../../src/base/split_words.ts";
import { runs } from "../property_runs.ts";

Deno.test("splitWords: spaces, quotes and backslashes as in a shell", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  ", []],
    ["a  b\tc ", ["a", "b", "c"]],
    ["'a b' \"c d\"e", ["a b", "c de"]],
    ["'' \"\" x", ["", "", "x"]],
    [`a\\ b \\'q "\\"\\\\\\$\\x"`, ["a b", "'q", `"\\$\\x`]],
    [`'$HOME | "x"'`, [`$HOME | "x"`]],
    ["a#b c~d x=~", ["a#b", "c~d", "x=~"]],
    ["redis-server --port 7000 --save ''", ["redis-server", "--port", "7000", "--save", ""]],
  ];
  for (const [text, words] of cases) assertEquals(splitWords(text), words, text);
});

Deno.test("splitWords: what a shell would interpret is refused", () => {
  for (const char of "|&;<>()$`*?[\n") {
    assertThrows(() => splitWords(`echo a${char}b`), UsageError, "no shell runs it");
  }
  for (const text of ["# x", "a ~/x", '"$x"', '"`x`"', "a\\"]) {
    assertThrows(() => splitWords(text), UsageError, "a shell would interpret");
  }
  for (const text of ["'a", '"a', '"a\\"']) {
    assertThrows(() => splitWords(text), UsageError, "is not closed");
  }
});

/** What sh makes of it. */
async function bySh(line: string): Promise<string[]> {
  const script = `for w in ${line}; do printf '%s\\0' "$w"; done`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("splitWords: the words of sh, or an error", async () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "b", " ", "'", '"', "\\", "x y", "''", "é"),
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(text, async (line) => {
      let words;
      try {
        words = splitWords(line);
      } catch {
        return;
      }
      assertEquals(words, await bySh(line), line);
    }),
    runs(150),
  );
});
