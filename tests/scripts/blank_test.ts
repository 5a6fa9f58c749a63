import { assertEquals } from "@std/assert";
import { blank, lineAt } from "../../scripts/lib/blank.ts";

Deno.test("comments become spaces and lines stay", () => {
  assertEquals(blank("a /* x\ny */ b // z\nc", "comments"), "a     \n     b     \nc");
});

Deno.test("strings survive when only comments go", () => {
  assertEquals(blank('f("// no comment")', "comments"), 'f("// no comment")');
});

Deno.test("strings, templates and patterns go on request", () => {
  assertEquals(blank('f("a\\"b")', "comments and strings"), "f(      )");
  assertEquals(blank("`a${b + `c`}d` + e", "comments and strings"), "    b +        + e");
  assertEquals(blank('x = /[/"]/;', "comments and strings"), "x =       ;");
});

Deno.test("a division is not a pattern", () => {
  assertEquals(blank("a / b / c", "comments and strings"), "a / b / c");
  assertEquals(blank("f(a) / 2 // c", "comments"), "f(a) / 2     ");
});

Deno.test("braces inside a template's expression belong to it", () => {
  assertEquals(blank("`${f({ a: 1 })}x` + y", "comments and strings"), "   f({ a: 1 })    + y");
});

Deno.test("lines are counted from 1", () => {
  assertEquals([0, 1, 2, 3].map((offset) => lineAt("a\n\nb", offset)), [1, 1, 2, 3]);
});
