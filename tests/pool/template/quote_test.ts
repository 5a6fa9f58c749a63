import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { concat } from "../../../src/pool/bytes.ts";
import { quoteWord, quoteWords } from "../../../src/pool/template/quote.ts";
import { anyWord, b, output, shown, shownAll } from "../bytes.ts";
import { skip } from "../../skip.ts";

Deno.test("plain words stay plain, others are quoted", () => {
  assertEquals(
    shown(quoteWords(["cp", "a/b-c_d.e:f@g%h+i,j", "", "x y", "it's", "A=b", "~", "$(id)"].map(b))),
    `cp a/b-c_d.e:f@g%h+i,j '' 'x y' 'it'\\''s' 'A=b' '~' '$(id)'`,
  );
});

Deno.test("a plain word is not copied", () => {
  const word = b("file.txt");
  assertEquals(quoteWord(word) === word, true);
});

for (const shell of ["sh", "bash", "dash", "zsh"]) {
  Deno.test(`${shell} reads quoted words back byte by byte`, async ({ name }) => {
    const every = Array.from({ length: 255 }, (_, i) => new Uint8Array([i + 1]));
    const words = [...fc.sample(anyWord, 400), ...every];
    const script = concat(
      words.map((word) => quoteWords([b("printf"), b("%s\\0"), word, word]))
        .flatMap((line) => [line, b("\n")]),
    );
    try {
      const printed = await output(shell, [], script, { LC_ALL: "C" });
      const expected = words.flatMap((word) => [word, b("\0"), word, b("\0")]);
      assertEquals(shown(printed), shownAll(expected).join(""));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      skip(name, `${shell} is not installed`);
    }
  });
}
