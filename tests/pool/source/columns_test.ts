import fc from "fast-check";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { columnsBy, csv } from "../../../src/pool/source/columns.ts";
import { Splitter } from "../../../src/pool/source/input.ts";
import { b, chunked, shownAll } from "../bytes.ts";

function columns(separator: string, record: string): string[] {
  return shownAll(columnsBy(separator)(b(record)));
}

Deno.test("columns by fixed text", () => {
  assertEquals(columns(",", "a,b,,c,"), ["a", "b", "", "c", ""]);
  assertEquals(columns(",", ""), [""]);
  assertEquals(columns("\\t", "a b\tc"), ["a b", "c"]);
  assertEquals(columns("\t", "a\tb"), ["a", "b"]);
  assertEquals(columns("::", "a:b::c"), ["a:b", "c"]);
  assertEquals(columns("\\|", "a|b"), ["a", "b"]);
});

Deno.test("a single character is not an expression", () => {
  assertEquals(columns("|", "a|b"), ["a", "b"]);
  assertEquals(columns(".", "a.b"), ["a", "b"]);
  assertEquals(columns("→", "a→b").length, 2);
});

Deno.test("columns by a regular expression", () => {
  assertEquals(columns("\\s+", "a  b\t c"), ["a", "b", "c"]);
  assertEquals(columns("\\s+", " a "), ["", "a", ""]);
  assertEquals(columns("[,;]", "a,b;c"), ["a", "b", "c"]);
  assertEquals(columns("(,|;)+", "a,;b"), ["a", "b"]);
  assertEquals(columns("x*", "axb"), ["a", "b"]);
  assertEquals(columns(" *→ *", "a → b"), ["a", "b"]);
});

Deno.test("bytes that are not UTF-8 stay what they are", () => {
  const record = new Uint8Array([0xff, 0x20, 0x20, 0xfe, 0x0d]);
  assertEquals(shownAll(columnsBy(" +")(record)), ["\xff", "\xfe\r"]);
});

Deno.test("an expression that is none is named", () => {
  for (const text of ["", "[a", "(a"]) {
    const error = assertThrows(() => columnsBy(text), UsageError);
    assertStringIncludes(error.message, "--colsep");
  }
});

/** All records and their columns, from a stream in chunks. */
function table(text: string, cuts: readonly number[] = [], separator?: string): string[][] {
  const format = csv(separator);
  const splitter = new Splitter(format.boundary(), "the input");
  const rows: string[][] = [];
  const drain = () => {
    for (;;) {
      const record = splitter.take();
      if (typeof record === "string") return;
      rows.push(shownAll(format.columns(record)));
    }
  };
  for (const chunk of chunked(b(text), cuts)) {
    splitter.push(chunk);
    drain();
  }
  splitter.finish();
  drain();
  return rows;
}

Deno.test("CSV: quotes, doubled quotes, newlines in quotes, CRLF", () => {
  assertEquals(table('"a ""q"",b",c\r\n"x\ny",,"",\n z ,5" disk\n'), [
    ['a "q",b', "c"],
    ["x\ny", "", "", ""],
    [" z ", '5" disk'],
  ]);
  assertEquals(table("a;b,c\n", [], ";"), [["a", "b,c"]]);
  assertEquals(table("a\tb\n", [], "\\t"), [["a", "b"]]);
  assertEquals(table('"open\n'), [['"open\n']]);
  assertThrows(() => csv(";;"), UsageError);
});

Deno.test("CSV that was written is read back, however the stream is cut", () => {
  const field = fc.string({ unit: fc.constantFrom(...'ab", \n;'), maxLength: 6 });
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
  fc.assert(fc.property(rows, fc.array(fc.nat(120), { maxLength: 9 }), (rows, cuts) => {
    const written = rows.map((row) =>
      row.map((text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text).join(",")
    );
    assertEquals(table(written.map((line) => `${line}\n`).join(""), cuts), rows);
  }));
});
