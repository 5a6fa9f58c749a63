import { assertEquals } from "@std/assert";
import { textFromBytes } from "../../../src/base/byte_text.ts";
import { putJsonText } from "../../../src/logs/write/json_bytes.ts";

function put(bytes: Uint8Array): string {
  const out = new Uint8Array(6 * bytes.length);
  return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(
    out.subarray(0, putJsonText(bytes, 0, bytes.length, out, 0)),
  );
}

function same(bytes: Uint8Array): void {
  assertEquals(put(bytes), JSON.stringify(textFromBytes(bytes)).slice(1, -1), `${bytes}`);
}

Deno.test("bytes in JSON: each of them, and each pair", () => {
  for (let first = 0; first < 256; first++) {
    same(Uint8Array.of(first));
    for (let second = 0; second < 256; second++) same(Uint8Array.of(first, second));
  }
});

Deno.test("bytes in JSON: characters at the bounds of UTF-8, cut off, and with others behind them", () => {
  const lines = [
    ...["ä", "€", "\ufeffx", "\ufffd", "\uffff", "𐀀", "\u{10ffff}", "\u2028", "\x7f", "日本語 ✓"],
  ].map((text) => new TextEncoder().encode(text));
  for (const lead of [0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff]) {
    for (const second of [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]) {
      for (const third of [0x41, 0x80, 0xbf, 0xc0]) {
        lines.push(Uint8Array.of(lead, second, third, 0x80), Uint8Array.of(lead, second, third));
      }
    }
  }
  for (const line of lines) {
    for (let end = 0; end <= line.length; end++) same(line.slice(0, end));
    same(Uint8Array.from([...line, 0x41, ...line]));
  }
});

Deno.test("bytes in JSON: what is random", () => {
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16;
  for (let i = 0; i < 2000; i++) {
    same(
      Uint8Array.from({ length: random() % 40 }, () => random() % 3 ? random() : 0xc0 | random()),
    );
  }
});
