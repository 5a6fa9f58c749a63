import { assertEquals } from "@std/assert";
import {
  formatJson,
  type FormatLine,
  formatTimed,
  writtenText,
} from "../../../src/logs/write/line_format.ts";

function formed(format: FormatLine, line: string): string {
  const out = new Uint8Array(1000);
  const bytes = new TextEncoder().encode(line);
  const end = format(bytes, 0, bytes.length, Date.UTC(2026, 10, 30), out, 0);
  return new TextDecoder().decode(out.subarray(0, end)).trimEnd();
}

Deno.test("log lines: what the program has written comes back from each form", () => {
  for (const line of ["up", "", "a  b", '{"line":"x"}', "2026-11-30T00:00:00.000Z twice", "ü\t"]) {
    assertEquals(writtenText(line, "raw"), line);
    if (line === line.trimEnd()) {
      assertEquals(writtenText(formed(formatTimed, line || "x"), "time"), line || "x");
    }
    for (const stream of [undefined, "stderr"] as const) {
      assertEquals(writtenText(formed(formatJson(stream), line), "json"), line);
    }
  }
});

Deno.test("log lines: what imp has not written is nothing that a program has said", () => {
  assertEquals(writtenText("up", "time"), undefined);
  assertEquals(writtenText("up", "json"), undefined);
  assertEquals(writtenText('{"line":1}', "json"), undefined);
  assertEquals(writtenText("null", "json"), undefined);
});
