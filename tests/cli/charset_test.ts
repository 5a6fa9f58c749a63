import { assertEquals } from "@std/assert";
import { inAscii, isUtf8Locale } from "../../src/cli/charset.ts";

Deno.test("charset: the locale's, by LC_ALL, LC_CTYPE, LANG; UTF-8 where nothing is set", () => {
  const of = (values: Record<string, string>) => isUtf8Locale((name) => values[name]);
  assertEquals(of({}), true);
  assertEquals(of({ LC_ALL: "C" }), false);
  assertEquals(of({ LC_ALL: "C", LANG: "en_US.UTF-8" }), false);
  assertEquals(of({ LC_ALL: "", LANG: "en_US.UTF-8" }), true);
  assertEquals(of({ LC_CTYPE: "de_DE.utf8", LANG: "C" }), true);
  assertEquals(of({ LANG: "POSIX" }), false);
  assertEquals(of({ LANG: "de_DE.ISO-8859-1" }), false);
  assertEquals(of({ LANG: "C.UTF-8" }), true);
});

Deno.test("charset: signs have a form in ASCII as wide as they are, other characters are escaped", () => {
  assertEquals(inAscii("│  ├─ a\n└─ b"), "|  |- a\n`- b");
  assertEquals(inAscii("sleep 300 --fo…"), "sleep 300 --fo~");
  assertEquals(inAscii("user, pidfile, fork …"), "user, pidfile, fork ...");
  assertEquals(inAscii("3 × pts/0"), "3 x pts/0");
  assertEquals(inAscii("ü"), "\\xc3\\xbc");
});
