import { assert, assertEquals } from "@std/assert";
import { bytesFromText, isEscapedByte, textFromBytes } from "../../src/base/byte_text.ts";

const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("what is UTF-8 is the text that it means, and is that again", () => {
  for (const text of ["", "plain", "größe", "\uFEFFmark", "\uFFFD", "日本", "😀", "a\nb\0"]) {
    assertEquals(textFromBytes(encode(text)), text);
    assertEquals(bytesFromText(text), encode(text));
  }
});

Deno.test("a byte that is not UTF-8 is a lone surrogate in text, and is that byte again", () => {
  assertEquals(textFromBytes(bytes(0x63, 0xe9)), "c\udce9");
  assertEquals(textFromBytes(bytes(0xe9, 0x2e, 0xc3, 0xa9)), "\udce9.é");
  const broken = [
    [0xff],
    [0x80, 0x80],
    [0xc3],
    [0xc0, 0xaf],
    [0xed, 0xb2, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xf5, 0x80, 0x80, 0x80],
    [0xef, 0xbf, 0xbd, 0xe9],
    Array.from({ length: 255 }, (_, i) => i + 1),
    Array.from({ length: 255 }, (_, i) => 255 - i),
  ];
  for (const numbers of broken) {
    const text = textFromBytes(bytes(...numbers));
    assertEquals(bytesFromText(text), bytes(...numbers), JSON.stringify(text));
    assert(!text.isWellFormed());
  }
});

Deno.test("other lone surrogates, which no bytes stand for, are replaced as everywhere", () => {
  assertEquals(bytesFromText("\ud800\udc7fx"), encode("\ud800\udc7fx"));
  assertEquals(bytesFromText("\ud800x"), encode("\uFFFDx"));
  assertEquals([0xdc7f, 0xdc80, 0xdcff, 0xdd00].map(isEscapedByte), [false, true, true, false]);
});
