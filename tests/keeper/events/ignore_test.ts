import { assertEquals, assertThrows } from "@std/assert";
import { ALWAYS_IGNORED, ignoreRule } from "../../../src/keeper/events/ignore.ts";
import { UsageError } from "../../../src/base/errors.ts";

/** Paths; a directory ends in a slash. */
function ignored(patterns: readonly string[], paths: readonly string[]): string[] {
  const rule = ignoreRule(patterns);
  return paths.filter((path) => rule(path.replace(/\/$/, ""), path.endsWith("/")));
}

Deno.test("ignore: a name is one at any depth, a path is one from the top", () => {
  const paths = ["a.log", "x/a.log", "x/y/a.log", "a.log/", "a.login"];
  assertEquals(ignored(["*.log"], paths), ["a.log", "x/a.log", "x/y/a.log", "a.log/"]);
  assertEquals(ignored(["/*.log"], paths), ["a.log", "a.log/"]);
  assertEquals(ignored(["x/*.log"], paths), ["x/a.log"]);
  assertEquals(ignored(["x/**/*.log"], paths), ["x/a.log", "x/y/a.log"]);
  assertEquals(ignored(["**/a.log"], paths), ["a.log", "x/a.log", "x/y/a.log", "a.log/"]);
});

Deno.test("ignore: what ends in / or /** is a directory with all that is below it", () => {
  const paths = ["node_modules/", "x/node_modules/", "node_modules", "x/dist/", "dist/"];
  for (const glob of ["node_modules/", "node_modules/**", "node_modules/**/**"]) {
    assertEquals(ignored([glob], paths), ["node_modules/", "x/node_modules/"], glob);
  }
  assertEquals(ignored(["/dist/"], paths), ["dist/"]);
  assertEquals(ignored(["./dist"], paths), ["dist/"]);
});

Deno.test("ignore: the last pattern decides; ! counts again", () => {
  const paths = ["a.log", "keep.log", "b~"];
  assertEquals(ignored(["*.log", "!keep.log"], paths), ["a.log"]);
  assertEquals(ignored(["!keep.log", "*.log"], paths), ["a.log", "keep.log"]);
  assertEquals(ignored([...ALWAYS_IGNORED, "!*~"], paths), []);
});

Deno.test("ignore: wildcards, sets, and characters that mean something elsewhere", () => {
  const paths = ["a1", "ab", "a/b", "a.b", "axb", "a[1]", "a^", "(a)"];
  assertEquals(ignored(["a?"], paths), ["a1", "ab", "a^"]);
  assertEquals(ignored(["a[0-9]"], paths), ["a1"]);
  assertEquals(ignored(["a[!0-9]"], paths), ["ab", "a^"]);
  assertEquals(ignored(["a.b"], paths), ["a.b"]);
  assertEquals(ignored(["a\\[1\\]"], paths), ["a[1]"]);
  assertEquals(ignored(["a[]^]"], paths), ["a^"]);
  assertEquals(ignored(["(a)"], paths), ["(a)"]);
});

Deno.test("ignore: what editors and version control write is always ignored", () => {
  const paths = [
    ...[".git/", "x/.git/", ".gitignore", ".a.ts.swp", ".a.ts.swx", "a.ts~", "4913", ".#a.ts"],
    ...["#a.ts#", "a.ts", "src/", "a.swp", "swap"],
  ];
  assertEquals(ignored(ALWAYS_IGNORED, paths), [
    ...[".git/", "x/.git/", ".a.ts.swp", ".a.ts.swx", "a.ts~", "4913", ".#a.ts", "#a.ts#"],
  ]);
});

Deno.test("ignore: a pattern that names nothing is refused", () => {
  for (const glob of ["", "/", "!", "./", "[a"]) {
    assertThrows(() => ignoreRule([glob]), UsageError, undefined, glob);
  }
});
