import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import {
  parseEnvironment,
  readEnvironmentFile,
} from "../../../src/keeper/turn/environment_file.ts";

Deno.test("environment file: lines, comments, quotes; nothing is replaced", () => {
  const text = [
    "# a comment",
    "",
    "A=1",
    "  export B = no",
    "export C=with spaces  ",
    "D='a  b # c'",
    'E="$HOME"',
    "F=",
    "G=a=b",
    "H='open",
    "I=cr\r",
  ].filter((line) => !line.includes(" = ")).join("\n");
  assertEquals(parseEnvironment(text, "f"), [
    ...["A=1", "C=with spaces", "D=a  b # c", "E=$HOME", "F=", "G=a=b", "H='open", "I=cr"],
  ]);
});

Deno.test("environment file: a comment may follow a quoted value", () => {
  const text = `A='x' # it's one\nB="a # b"\t# two\nC="x"#y\nD=x # y\nE="a" b # c\nF='a' 'b' # c`;
  assertEquals(parseEnvironment(text, "f"), [
    ...["A=x", "B=a # b", 'C="x"#y', "D=x # y", 'E="a" b # c', "F='a' 'b' # c"],
  ]);
});

Deno.test("environment file: a line that sets nothing is named by its number, not shown", () => {
  for (const text of ["A=1\nsecret", "=x", "1A=x", "A B=x"]) {
    const error = assertThrows(() => parseEnvironment(text, "/f"), ImpError);
    const line = text.split("\n").length;
    assertEquals(
      error.message,
      `cannot use environment file /f: line ${line} sets no variable`,
    );
  }
});

Deno.test("environment file: it must be private", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "A=1\n");
    for (const mode of [0o600, 0o400, 0o640]) {
      await Deno.chmod(path, mode);
      assertEquals(readEnvironmentFile(path), ["A=1"]);
    }
    for (const mode of [0o644, 0o660, 0o602, 0o601]) {
      await Deno.chmod(path, mode);
      assertThrows(() => readEnvironmentFile(path), ImpError, "may");
    }
    assertThrows(() => readEnvironmentFile("/dev/null"), ImpError, "not a plain file");
    assertThrows(() => readEnvironmentFile(`${path}.missing`), ImpError, "ENOENT");
  } finally {
    await Deno.remove(path);
  }
});
