import { assertEquals, assertThrows } from "@std/assert";
import {
  assemble,
  type CodeItem,
  codeText,
  eightBytes,
} from "../../../src/base/machine_code/assemble.ts";

const distance = (to: string): CodeItem => ({
  size: 2,
  to,
  encode: (from, target) => [0xeb, target - from & 255],
});

Deno.test("references know where they and their labels lie, forwards, backwards and outside", () => {
  const code = [distance("end"), { label: "middle" }, [1, 2, 3], distance("middle"), {
    label: "end",
  }, distance("outside")];
  const { bytes, labels } = assemble(code, 0x1000, { outside: 0x1010 });
  assertEquals([...bytes], [0xeb, 7, 1, 2, 3, 0xeb, 0xfd, 0xeb, 9]);
  assertEquals([labels.get("middle"), labels.get("end")], [0x1002, 0x1007]);
});

Deno.test("a label that is missing, or there twice, is refused", () => {
  assertThrows(() => assemble([distance("x")], 0), Error, "x is not defined");
  assertThrows(() => assemble([{ label: "x" }, { label: "x" }], 0), Error, "x is defined twice");
});

Deno.test("texts as bytes", () => {
  assertEquals(codeText("ab"), [97, 98, 0]);
  assertEquals(eightBytes("ab"), 0x6261n);
});
