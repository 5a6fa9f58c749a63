import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImpError } from "../../src/base/errors.ts";
import { isKeptName, keptNames, keptNamesFor } from "../../src/keeper/kept_names.ts";

const RULE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(@[1-9]\d{0,3})?$/;

Deno.test("names of kept daemons: by the rule", () => {
  const names = [
    ...["web", "_x", "9", "a.b-c_d", "x".repeat(64), "web@1", "web@9999", `${"x".repeat(64)}@7`],
    ...["", ".x", "-x", "x y", "a/b", "x".repeat(65), "web@", "web@0", "web@01", "web@10000"],
    ...[
      "web@1@2",
      "@1",
      "web@1e3",
      "web@ 1",
      "wéb",
      "web\n",
      "web@0x1",
      "web@1.0",
      "web@1.5",
      "web@-1",
    ],
  ];
  for (const name of names) assertEquals(isKeptName(name), RULE.test(name), JSON.stringify(name));
  const like = fc.stringMatching(/^[a-z_.@0-9-]{0,8}$/);
  fc.assert(fc.property(like, (name) => isKeptName(name) === RULE.test(name)));
});

Deno.test("names of kept daemons: in order, instances by number, and one without its like", () => {
  const home = Deno.makeTempDirSync();
  try {
    assertEquals(keptNames(home), []);
    Deno.writeTextFileSync(`${home}/daemons`, "");
    const why = `cannot list ${home}/daemons: ENOTDIR (not a directory)`;
    assertThrows(() => keptNames(home), ImpError, why);
    Deno.removeSync(`${home}/daemons`);
    for (const name of ["web@10", "web@2", "web-1", "api", "web", "lost+found", "webs@1"]) {
      Deno.mkdirSync(`${home}/daemons/${name}`, { recursive: true });
    }
    assertEquals(keptNames(home), ["api", "web", "web-1", "web@2", "web@10", "webs@1"]);
    assertEquals(keptNamesFor(home, ["api"]), ["api"]);
    assertEquals(keptNamesFor(home, ["web@2"]), ["web@2"]);
    assertEquals(keptNamesFor(home, ["web"]), keptNames(home), "it has instances");
    for (const words of [["none"], ["api", "web-1"], ["a*"], [], [".."], ["."], ["a/b"]]) {
      assertEquals(keptNamesFor(home, words), keptNames(home), String(words));
    }
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});
