import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { variableOf } from "../../src/procfs/environ.ts";

const word = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));

Deno.test("variables come back as they were set, the first of a name", () => {
  const name = word.filter((text) => text !== "" && !text.slice(1).includes("=")).map((text) =>
    text.replace(/^=/, "_")
  );
  fc.assert(fc.property(fc.array(fc.tuple(name, word)), (variables) => {
    const text = variables.map(([key, value]) => `${key}=${value}\0`).join("");
    for (const [key, value] of new Map(variables.toReversed())) {
      assertEquals(variableOf(text, key), value);
    }
  }));
});

Deno.test("what is no variable is none", () => {
  const text = "title over it\0A=1\0\0A=2\0AB=3\0=x\0B=";
  assertEquals(["A", "B", "AB", "title", "C"].map((name) => variableOf(text, name)), [
    "1",
    "",
    "3",
    undefined,
    undefined,
  ]);
  assertEquals(variableOf("", "A"), undefined);
});
