import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { takeOptions } from "../../src/init/stand_in.ts";

Deno.test("getopt: clusters, values, long names, the end of options", () => {
  const names = { a: "alpha", b: "beta", c: "betray" };
  const take = (...words: string[]) => takeOptions(words, "ab:c", names);
  assertEquals(take("-acb", "v", "p", "-a").options.map(({ letter }) => letter).join(""), "acb");
  assertEquals(take("-ab1", "p").options.at(-1), { letter: "b", value: "1" });
  assertEquals(take("--beta=x", "p").options, [{ letter: "b", value: "x" }]);
  assertEquals(take("--al", "p").options, [{ letter: "a" }]);
  assertEquals(take("--bet", "p").wrong, "--bet");
  assertEquals(take("--alpha=1").wrong, "--alpha=1");
  assertEquals(take("-b").wrong, "-b");
  assertEquals(take("-x").wrong, "-x");
  assertEquals(take("--", "-a").operands, ["-a"]);
  assertEquals(take("-", "-a").operands, ["-", "-a"]);
});

Deno.test("getopt: the program's words are never touched", () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    assertEquals(takeOptions(["-a", "--", ...words], "ab:c").operands, words);
    assertEquals(takeOptions(["prog", ...words], "ab:c").operands, ["prog", ...words]);
  }));
});
