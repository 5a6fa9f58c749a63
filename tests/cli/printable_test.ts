import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { printable, shellLine, shorten, shortenMiddle } from "../../src/cli/printable.ts";
import { anyText } from "../base/any_text.ts";

Deno.test("nothing from another process reaches the terminal as a control", () => {
  fc.assert(fc.property(anyText(), (text) => {
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(printable(text)), false);
  }));
  assertEquals(printable("a\x1b[31m\n\t\x07\u202eb"), "a\\e[31m\\n\\t\\x07\\u202eb");
  assertEquals(printable("caf\udce9 😀 \ud800"), "caf\\xe9 😀 \\ud800");
});

Deno.test("words as a shell would take them", () => {
  assertEquals(
    shellLine(["a", "b c", "", "it's", "x=1", "$HOME"]),
    `a 'b c' '' 'it'\\''s' x=1 '$HOME'`,
  );
});

Deno.test("cutting", () => {
  assertEquals(shorten("abcdef", 4), "abc…");
  assertEquals(shorten("abcd", 4), "abcd");
  assertEquals(shortenMiddle("/usr/lib/long/name", 10), "/us…g/name");
  fc.assert(fc.property(fc.string(), fc.integer({ min: 2, max: 30 }), (text, width) => {
    assertEquals(shortenMiddle(text, width).length, Math.min(text.length, width));
  }));
});
