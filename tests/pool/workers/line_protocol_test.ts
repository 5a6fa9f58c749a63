import { assertEquals } from "@std/assert";
import { bytesOf } from "../../../src/pool/bytes.ts";
import { delimiter, LINES } from "../../../src/pool/source/input.ts";
import type { Job } from "../../../src/pool/types.ts";
import { LineProtocol } from "../../../src/pool/workers/line_protocol.ts";

function job(...fields: Uint8Array[]): Job {
  return { seq: 1, items: { fields } };
}

Deno.test("a record that holds what ends a record cannot be sent", () => {
  const lines = new LineProtocol(LINES, bytesOf("\n"));
  assertEquals(lines.encode(job(bytesOf("a b"))), bytesOf("a b\n"));
  assertEquals(typeof lines.encode(job(bytesOf("a\nb"))), "string");
  const marks = new LineProtocol(delimiter(bytesOf("--")), bytesOf("--"));
  assertEquals(marks.encode(job(bytesOf("a\n-b"))), bytesOf("a\n-b--"));
  assertEquals(typeof marks.encode(job(bytesOf("a--b"))), "string");
});

Deno.test("a worker's last line counts without its end only when nothing follows", () => {
  const decoder = new LineProtocol(LINES, bytesOf("\n")).decoder("a worker");
  decoder.push(bytesOf("one\ntw"));
  assertEquals(decoder.take(), { kind: "value", bytes: bytesOf("one") });
  assertEquals(decoder.take(), undefined);
  decoder.push(bytesOf("o"));
  assertEquals(decoder.take(), undefined);
  assertEquals(decoder.rest(), bytesOf("two"));
  assertEquals(decoder.rest(), undefined);
});
