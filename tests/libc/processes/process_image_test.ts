import { assertEquals } from "@std/assert";
import { nameOf } from "../../../src/libc/processes/process_image.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the name in an environment word is what stands before the first equals sign", () => {
  for (const word of ["PATH=/bin", "PATH==", "PATH="]) {
    assertEquals([nameOf(word), nameOf(bytes(word))], ["PATH", "PATH"]);
  }
  assertEquals([nameOf("=x"), nameOf(bytes("=x"))], ["", ""]);
  for (const word of ["", "PATH"]) {
    assertEquals([nameOf(word), nameOf(bytes(word))], [undefined, undefined]);
  }
  assertEquals(nameOf(new Uint8Array([0x41, 0x3d, 0xff])), "A");
});
