import { assertEquals } from "@std/assert";
import { bytesOf } from "../../../src/pool/bytes.ts";
import { filteredWords, filterOf } from "../../../src/pool/source/record_filters.ts";

Deno.test("lines that end with a space or a tab continue, those of CRLF do not", () => {
  const joined = filterOf({ joined: true, noBlank: true })!;
  const left = (...lines: string[]) => {
    const records = filteredWords(lines.map(bytesOf), joined);
    return Array.from(
      { length: records.count! },
      () => new TextDecoder().decode(records.take() as Uint8Array),
    );
  };
  assertEquals(left("a ", "b\t", "c", " ", "d"), ["a b\tc", "d"]);
  assertEquals(left("a\r", "\r", "b \r", "c"), ["a\r", "b \r", "c"]);
  assertEquals(left("a", "b "), ["a", "b "]);
});
