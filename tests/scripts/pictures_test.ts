import { assertEquals, assertMatch } from "@std/assert";
import { screenOf } from "../../scripts/lib/screen.ts";
import { screenSvg } from "../../scripts/lib/screen_svg.ts";

const textOf = (output: string) =>
  screenOf(output).map((line) => line.map(({ text }) => text).join(""));

Deno.test("a screen is what stands on it at last", () => {
  assertEquals(textOf("a\r\nb\r\n"), ["a", "b"]);
  assertEquals(textOf("10%\r\x1b[K20%\r\x1b[K"), [""]);
  assertEquals(textOf("old\r\nold\x1b[H\x1b[Jnew\x1b[2;3Hx"), ["new", "  x"]);
  assertEquals(textOf("\x1b]0;title\x07├─ ü🙂"), ["├─ ü🙂"]);
  assertEquals(textOf("one\r\ntwo\x1b[1A\rONE"), ["ONE", "two"]);
});

Deno.test("looks: bold, dim, colours and their ends", () => {
  const looks = screenOf("\x1b[1ma\x1b[22mb\x1b[32mc\x1b[31md\x1b[39me\x1b[2mf\x1b[0mg")[0];
  assertEquals(looks.map(({ look }) => look), ["b", "", "c2", "c1", "", "d", ""]);
});

Deno.test("a picture holds the text as text, and columns keep their places", () => {
  const svg = screenSvg("imp <x>", screenOf("\x1b[1mNAME\x1b[0m   A&B\r\n"));
  assertMatch(svg, / &lt;x>/);
  assertMatch(svg, /<text x="16.0" y="\d+" textLength="31.2" class="b">NAME</);
  assertMatch(svg, /<text x="70.6" [^>]*>A&amp;B</);
});
