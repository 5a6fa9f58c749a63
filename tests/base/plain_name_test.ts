import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isPlainName } from "../../src/base/plain_name.ts";
import { anyText } from "./any_text.ts";

const RULE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

Deno.test("plain names: letters, digits, '.', '_' and '-', at most 64 of them", () => {
  for (const name of ["a", "_", "9", "web-2.old_one", "a".repeat(64)]) {
    assertEquals(isPlainName(name), true, name);
  }
  for (const name of ["", ".", "-", ".a", "-a", "a b", "a/b", "a\n", "é", "a@1", "a".repeat(65)]) {
    assertEquals(isPlainName(name), false, name);
  }
});

Deno.test("plain names: as the regular expression has them", () => {
  fc.assert(fc.property(anyText(), (text) => assertEquals(isPlainName(text), RULE.test(text))));
});
