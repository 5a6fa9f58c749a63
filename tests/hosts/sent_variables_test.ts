import { assertEquals } from "@std/assert";
import { textFromBytes } from "../../src/base/byte_text.ts";
import { sentVariables } from "../../src/hosts/sent_variables.ts";

const ENVIRONMENT = [
  ...["A=1", "B=x=y", "EMPTY=", "HOME=/root", "PATH=/bin", "SSH_AUTH_SOCK=/s", "LANG=C"],
  ...["BASH_FUNC_f%%=() { :; }", "IMP_POOL_ID=abc", "PARALLEL_SEQ=3"],
  textFromBytes(Uint8Array.of(0x52, 0x3d, 0xff)),
];

Deno.test("variables go by name, functions of bash too; what does not exist is reported", () => {
  assertEquals(sentVariables(["A", "EMPTY", "f", "R", "NONE", "A"], ENVIRONMENT), {
    words: ["A=1", "EMPTY=", "BASH_FUNC_f%%=() { :; }", "R=\udcff"],
    missing: ["NONE"],
  });
  assertEquals(sentVariables(["HOME", "PATH"], ENVIRONMENT).words, ["HOME=/root", "PATH=/bin"]);
});

Deno.test("_ means all but those of a machine or session; imp's own marks never go", () => {
  const { words, missing } = sentVariables(["_"], ENVIRONMENT);
  const expected = ["A=1", "B=x=y", "EMPTY=", "LANG=C", "BASH_FUNC_f%%=() { :; }", "R=\udcff"];
  assertEquals([words, missing], [expected, []]);
  assertEquals(sentVariables(["IMP_POOL_ID"], ENVIRONMENT).words, []);
});
