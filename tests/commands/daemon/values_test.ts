import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../src/base/errors.ts";
import {
  parseDescriptor,
  parseLimit,
  parseNice,
  parseUmask,
  parseVariable,
} from "../../../src/commands/daemon/values.ts";
import { RESOURCES } from "../../../src/libc/users/limits.ts";
import { anyText } from "../../base/any_text.ts";

function refused(read: (text: string) => unknown, texts: string[]): void {
  for (const text of texts) {
    const error = assertThrows(() => read(text), UsageError, "", JSON.stringify(text));
    assert(error.message.includes(text), error.message);
  }
}

Deno.test("a umask is octal, at most 777", () => {
  const table: [text: string, mask: number][] = [
    ["0", 0],
    ["22", 0o22],
    ["022", 0o22],
    ["0022", 0o22],
    ["777", 0o777],
    ["0777", 0o777],
  ];
  for (const [text, mask] of table) assertEquals(parseUmask(text), mask);
  refused(parseUmask, ["", "8", "089", "1777", "00022", "0o22", "-22", "u=rwx", " 22", "22\n"]);
  fc.assert(fc.property(fc.integer({ min: 0, max: 0o777 }), (mask) => {
    assertEquals(parseUmask(mask.toString(8)), mask);
  }));
});

Deno.test("a nice value is a whole number from -20 to 19", () => {
  for (let value = -20; value <= 19; value++) assertEquals(parseNice(String(value)), value);
  assertEquals([parseNice("+5"), parseNice("05"), parseNice("-0") + 0], [5, 5, 0]);
  refused(parseNice, ["", "-21", "20", "1.5", "five", "1e1", "0x1", " 1", "--5", "1\n"]);
});

Deno.test("a descriptor is a number of at most two digits", () => {
  assertEquals(["0", "3", "03", "99"].map(parseDescriptor), [0, 3, 3, 99]);
  refused(parseDescriptor, ["", "-1", "+3", "100", "3.0", "stdin", " 3", "3\n"]);
});

Deno.test("a limit has a name, a soft and perhaps a hard amount", () => {
  const table: [text: string, name: string, soft: number, hard?: number][] = [
    ["nofile=1024", "nofile", 1024],
    ["nofile=1024:4096", "nofile", 1024, 4096],
    ["NOFILE=0", "nofile", 0],
    ["RLIMIT_NOFILE=7", "nofile", 7],
    ["core=unlimited", "core", Infinity],
    ["core=0:infinity", "core", 0, Infinity],
    ["as=64K:1.5G", "as", 65_536, 1_610_612_736],
    ["cpu=10", "cpu", 10],
  ];
  for (const [text, name, soft, hard] of table) {
    const resource = RESOURCES[name][0];
    assertEquals(parseLimit(text), { name, resource, limit: { soft, hard } }, text);
  }
});

Deno.test("a limit that is none is refused: name, form, amount, order", () => {
  refused(parseLimit, ["", "nofile", "nofile=", "=1", "files=1", "nofile 1", "nofile=1:2:3"]);
  refused(parseLimit, ["constructor=1", "valueof=1", "nofile=:1"]);
  for (const text of ["nofile=64K", "cpu=1.5", "nofile=-1", "nofile=x", "as=x", "nproc=1e3"]) {
    assertThrows(() => parseLimit(text), UsageError, "", text);
  }
  assertThrows(() => parseLimit("as=99999999T"), UsageError);
  refused(parseLimit, ["nofile=2:1", "core=unlimited:0"]);
});

Deno.test("every resource has its name and takes an amount", () => {
  for (const name in RESOURCES) {
    const [resource] = RESOURCES[name];
    assertEquals(parseLimit(`${name}=1:2`), { name, resource, limit: { soft: 1, hard: 2 } });
  }
  const numbers = Object.values(RESOURCES).map(([number]) => number);
  assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: 16 }, (_, i) => i));
});

Deno.test("a variable has a name; its value may be anything", () => {
  for (const text of ["A=1", "A=", "A==", "A=b c\n", "1=2", "_=é"]) {
    assertEquals(parseVariable(text), text);
  }
  refused(parseVariable, ["", "A", "=1", "="]);
});

Deno.test("any text is read or refused, and never anything else", () => {
  for (const read of [parseUmask, parseNice, parseDescriptor, parseLimit, parseVariable]) {
    fc.assert(
      fc.property(fc.oneof(anyText(), anyText().map((text) => `nofile=${text}`)), (text) => {
        try {
          read(text);
        } catch (error) {
          assert(error instanceof UsageError, String(error));
        }
      }),
    );
  }
});
