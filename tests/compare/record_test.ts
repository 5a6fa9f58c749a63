import { assertEquals } from "@std/assert";
import {
  countResults,
  endOf,
  parseRecord,
  type RecordEntry,
  signalsOf,
  startOf,
  writesOf,
} from "../../src/compare/record.ts";

const entries: RecordEntry[] = [
  { event: "write", line: 1, result: "ok" },
  { event: "signal", name: "CONT" },
  { event: "signal", name: "HUP" },
  { event: "write", line: 2, result: "EIO" },
  { event: "signal", name: "HUP" },
  { event: "end", by: "HUP" },
];

Deno.test("parseRecord: whole lines only", () => {
  const text = entries.map((entry) => JSON.stringify(entry)).join("\n");
  assertEquals(parseRecord(text), entries.slice(0, -1));
  assertEquals(parseRecord(`${text}\n`), entries);
  assertEquals(parseRecord(""), []);
});

Deno.test("parseRecord: what is not an entry is ignored", () => {
  assertEquals(parseRecord('nonsense\n{"event":"end","by":"HUP"}\n'), [{
    event: "end",
    by: "HUP",
  }]);
});

Deno.test("a record tells signals once each, writes by result, and the end", () => {
  assertEquals(signalsOf(entries), ["HUP", "CONT"]);
  assertEquals(countResults(writesOf(entries)), { ok: 1, EIO: 1 });
  assertEquals(endOf(entries), "HUP");
  assertEquals(endOf([]), undefined);
  assertEquals(startOf(entries), undefined);
});
