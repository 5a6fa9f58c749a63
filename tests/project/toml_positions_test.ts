import { assertEquals } from "@std/assert";
import { filePositionAt } from "../../src/project/mistakes.ts";
import { type KeyPath, TomlPositions } from "../../src/project/toml_positions.ts";

const TEXT = `# a comment with [brackets] and = signs
title = "x # no comment" # one
[a.b]
"quoted key" = 'lit"eral'
dotted.key.path = 1
list = [
  "one", # first
  [ "in", "side" ],
  { x = 1, y = "]" },
]
[[tables]]
n = 1
[[tables]]
n = """
several "quoted" \\"
[no.table]
lines"""
after = 2
[tables.sub]
z = ''' [x] '''
[ spaced . "na me" ]
last=true`;

function keyOf(...path: KeyPath): string {
  const { line, column } = filePositionAt("f", TEXT, new TomlPositions(TEXT).keyAt(path));
  return `${line}:${column}`;
}

function valueOf(...path: KeyPath): string {
  const { line, column } = filePositionAt("f", TEXT, new TomlPositions(TEXT).valueAt(path));
  return `${line}:${column}`;
}

Deno.test("positions: keys and values of every form", () => {
  assertEquals(keyOf("title"), "2:1");
  assertEquals(valueOf("title"), "2:9");
  assertEquals(keyOf("a", "b"), "3:4");
  assertEquals(keyOf("a", "b", "quoted key"), "4:1");
  assertEquals(keyOf("a", "b", "dotted", "key", "path"), "5:12");
  assertEquals(valueOf("a", "b", "dotted", "key", "path"), "5:19");
  assertEquals(valueOf("a", "b", "list", 0), "7:3");
  assertEquals(valueOf("a", "b", "list", 1, 1), "8:11");
  assertEquals(valueOf("a", "b", "list", 2, "y"), "9:16");
  assertEquals(valueOf("tables", 0, "n"), "12:5");
  assertEquals(valueOf("tables", 1, "n"), "14:5");
  assertEquals(keyOf("tables", 1, "after"), "18:1");
  assertEquals(valueOf("tables", 1, "sub", "z"), "20:5");
  assertEquals(keyOf("spaced", "na me"), "21:12");
  assertEquals(valueOf("spaced", "na me", "last"), "22:6");
});

Deno.test("positions: of what is not there, the nearest that is", () => {
  assertEquals(keyOf("a", "b", "list", 9, "x"), "6:1");
  assertEquals(keyOf("nothing"), "1:1");
});
