import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImpError, UsageError } from "../../../src/base/errors.ts";
import { concat } from "../../../src/pool/bytes.ts";
import {
  type Boundary,
  delimiter,
  LINES,
  literals,
  NUL_RECORDS,
  parseDelimiter,
  Splitter,
} from "../../../src/pool/source/input.ts";
import { b, chunked, shown, shownAll } from "../bytes.ts";

/** All records of a stream that comes in these chunks. */
function split(boundary: Boundary, chunks: readonly Uint8Array[]): string[] {
  const splitter = new Splitter(boundary, "the input");
  const records: Uint8Array[] = [];
  const drain = () => {
    for (;;) {
      const record = splitter.take();
      if (typeof record === "string") return record;
      records.push(record);
    }
  };
  for (const chunk of chunks) {
    const reused = chunk.slice();
    splitter.push(reused);
    // Whoever reads may read into the same memory again.
    reused.fill(0x58);
    assertEquals(drain(), "wait");
  }
  splitter.finish();
  assertEquals(drain(), "end");
  assertEquals(drain(), "end");
  return shownAll(records);
}

/** What split() must give. */
function expected(text: string, separator: string): string[] {
  const records = text.split(separator);
  if (records[records.length - 1] === "") records.pop();
  return records;
}

Deno.test("lines: the last one may lack its newline, returns and blank lines are kept", () => {
  const lines = (text: string) => split(LINES, [b(text)]);
  assertEquals(lines("a\nb c\n"), ["a", "b c"]);
  assertEquals(lines("a\r\n\n \nb"), ["a\r", "", " ", "b"]);
  assertEquals(lines("a\0b\n"), ["a\0b"]);
  assertEquals(lines(""), []);
  assertEquals(lines("\n"), [""]);
  assertEquals(split(NUL_RECORDS, [b("a\nb\0\0c")]), ["a\nb", "", "c"]);
  assertEquals(split(delimiter(b("::")), [b("a::b:c:::d::")]), ["a", "b:c", ":d"]);
});

for (const separator of ["\n", "\0", "::", "aab"]) {
  Deno.test(`records by ${JSON.stringify(separator)} do not depend on how the stream is cut`, () => {
    const text = fc.string({ unit: fc.constantFrom(..."aab:\n\0"), maxLength: 60 });
    fc.assert(fc.property(text, fc.array(fc.nat(60), { maxLength: 12 }), (text, cuts) => {
      const records = split(delimiter(b(separator)), chunked(b(text), cuts));
      assertEquals(records, expected(text, separator));
    }));
  });
}

Deno.test("any bytes pass unchanged", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(fc.property(bytes, fc.array(fc.nat(80), { maxLength: 9 }), (bytes, cuts) => {
    const ended = concat([bytes, b("\n")]);
    const records = split(LINES, chunked(ended, cuts));
    assertEquals(records.map((record) => `${record}\n`).join(""), shown(ended));
  }));
});

Deno.test("a record is there as soon as its end has been read", () => {
  const splitter = new Splitter(LINES, "the input");
  assertEquals(splitter.take(), "wait");
  splitter.push(b("one\ntw"));
  assertEquals(shown(splitter.take() as Uint8Array), "one");
  assertEquals(splitter.take(), "wait");
  splitter.push(b("o\n"));
  assertEquals(shown(splitter.take() as Uint8Array), "two");
});

Deno.test("records stay what they were when more is read", () => {
  const splitter = new Splitter(LINES, "the input");
  const taken: Uint8Array[] = [];
  for (let i = 0; i < 2000; i++) {
    splitter.push(b(`record ${i}\nrecord`));
    splitter.push(b(` ${i}b\n`));
    taken.push(splitter.take() as Uint8Array, splitter.take() as Uint8Array);
  }
  taken.forEach((record, i) => {
    assertEquals(shown(record), `record ${i >> 1}${i % 2 ? "b" : ""}`);
  });
});

Deno.test("a long record is copied a few times and not once for each chunk", () => {
  const splitter = new Splitter(LINES, "the input");
  const chunk = new Uint8Array(1024).fill(0x61);
  const { set } = Uint8Array.prototype;
  let copied = 0;
  Uint8Array.prototype.set = function (from, offset) {
    copied += from.length;
    set.call(this, from, offset);
  };
  try {
    for (let i = 0; i < 20_000; i++) {
      splitter.push(chunk);
      assertEquals(splitter.take(), "wait");
    }
  } finally {
    Uint8Array.prototype.set = set;
  }
  splitter.finish();
  const { length } = splitter.take() as Uint8Array;
  assertEquals(length, 20_000 * 1024);
  assert(copied >= length && copied < 8 * length, `${copied} bytes copied`);
});

Deno.test("a stream that never sends the delimiter is an error, not endless memory", () => {
  const splitter = new Splitter(LINES, "/dev/zero", 1000);
  splitter.push(b("first\n"));
  splitter.push(new Uint8Array(1001));
  splitter.take();
  const error = assertThrows(() => splitter.take(), ImpError);
  assertStringIncludes(error.message, "/dev/zero: item 2 is longer than 1000 bytes");
});

Deno.test("words of the command line are records", () => {
  const records = literals([b("a"), b("")]);
  assertEquals(records.count, 2);
  assertEquals(
    [1, 2, 3].map(() => records.take()).map((r) => typeof r === "string" ? r : shown(r)),
    [
      ...["a", ""],
      "end",
    ],
  );
});

Deno.test("delimiters", () => {
  const table: [text: string, bytes: string][] = [
    [",", ","],
    ["\\n", "\n"],
    ["\\t", "\t"],
    ["\\0", "\0"],
    ["\\x1f", "\x1f"],
    ["\\037", "\x1f"],
    ["\\\\", "\\"],
    ["::", "::"],
    ["a\\tb", "a\tb"],
    ["→", "\xe2\x86\x92"],
  ];
  for (const [text, bytes] of table) assertEquals(shown(parseDelimiter(text)), bytes, text);
  for (const text of ["", "\\", "\\q", "\\xg"]) {
    const error = assertThrows(() => parseDelimiter(text), UsageError);
    assertStringIncludes(error.message, `'${text}'`);
  }
});
