import fc from "fast-check";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { findPlaceholder, PATH_PARTS } from "../../../src/pool/template/template_parse.ts";
import { compileTemplate, type TemplateOptions } from "../../../src/pool/template/template.ts";
import { anyPath, anyWord, b, output, shown, shownAll } from "../bytes.ts";
import { skip } from "../../skip.ts";

/** Renders job 7 in slot 3 for items that are given as texts, columns parted by `|`. */
function render(words: string[], items: string[], options?: TemplateOptions): string[] {
  const template = compileTemplate(words.map(b), options);
  return shownAll(
    template.render({ fields: items.flatMap((item) => item.split("|")).map(b) }, 7, 3),
  );
}

Deno.test("without a placeholder the item is appended", () => {
  assertEquals(render(["gzip", "-9"], ["a b"]), ["gzip", "-9", "a b"]);
  assertEquals(render(["echo"], ["a|b"]), ["echo", "a", "b"]);
  assertEquals(render(["echo", "{#}", "{%}"], ["a"]), ["echo", "7", "3"]);
  assertEquals(render(["echo", "{x}", "{", "}", "{0}", "{}}"], ["a"]), [
    ...["echo", "{x}", "{", "}", "{0}"],
    "a}",
  ]);
});

Deno.test("placeholders of the item and its path", () => {
  assertEquals(
    render(["{}", "{.}", "{/}", "{//}", "{/.}", "<{}>{.}", "{#}-{%}"], ["d/f.tar.gz"]),
    ["d/f.tar.gz", "d/f.tar", "f.tar.gz", "d", "f.tar", "<d/f.tar.gz>d/f.tar", "7-3"],
  );
});

Deno.test("placeholders of fields", () => {
  assertEquals(
    render(["{2}{1}", "{2.}", "{1/}", "{1//}", "{1/.}", "{-1}", "{3}", "x{3}"], ["d/f.x|y.z"]),
    ["y.zd/f.x", "y", "f.x", "d", "f", "y.z", "", "x"],
  );
});

Deno.test('several values go to words as in a shell\'s "$@", or with their context', () => {
  assertEquals(render(["x{}y"], ["a", "b", "c"]), ["xa", "b", "cy"]);
  assertEquals(render(["x{}y{.}"], ["a.x", "b.x"]), ["xa.x", "b.xya", "b"]);
  assertEquals(render(["x{}y", "{2}", "{#}"], ["a", "b"], { context: true }), [
    ...["xay", "xby"],
    "b",
    "7",
  ]);
  assertEquals(render(["x{2}{}"], ["a", "b"], { context: true }), ["xba", "xbb"]);
});

Deno.test("an own marker replaces {}, and a script keeps its braces", () => {
  assertEquals(render(["cp", "%%", "{}", "{.}"], ["a.b"], { marker: b("%%") }), [
    ...["cp", "a.b"],
    "{}",
    "a",
  ]);
  assertEquals(render(["sh", "-c", "awk '{}' {1}", "sh"], ["a"], { literal: true }), [
    ...["sh", "-c", "awk '{}' {1}"],
    "sh",
    "a",
  ]);
});

Deno.test("a script with a placeholder is recognised", () => {
  assertEquals(findPlaceholder(b("printf '{}'")), "{}");
  assertEquals(findPlaceholder(b("echo {2/.}; date")), "{2/.}");
  assertEquals(findPlaceholder(b("awk '{ print $1 }' \"$1\"; echo ${x}")), undefined);
});

Deno.test("Perl expressions are refused", () => {
  const error = assertThrows(() => render(["echo", "{= s/a/b/ =}"], ["a"]), UsageError);
  assertStringIncludes(error.message, "Perl");
});

Deno.test("values are never searched for placeholders, whatever bytes they hold", () => {
  fc.assert(fc.property(anyWord, anyWord, (one, two) => {
    const template = compileTemplate(["p", "{1}:{2}", "{}"].map(b));
    const words = template.render({ fields: [one, two] }, 1, 1);
    assertEquals(shownAll(words), ["p", `${shown(one)}:${shown(two)}`, shown(one), shown(two)]);
  }));
});

Deno.test("the slot is left out of what identifies a job", () => {
  const template = compileTemplate(["p", "{%}", "x{%}", "{#}"].map(b));
  assertEquals(
    shownAll(template.renderWithoutSlot({ fields: [b("a")] }, 4)),
    ["p", "{%}", "x{%}", "4"],
  );
});

Deno.test("paths are taken apart as by dirname(1) and basename, with GNU parallel's dots", () => {
  const parts = (path: string) =>
    [".", "/", "//", "/."].map((name) => shown(PATH_PARTS[name](b(path))));
  assertEquals(parts("a/b.c/d"), ["a/b.c/d", "d", "a/b.c", "d"]);
  assertEquals(parts("a/.b"), ["a/", ".b", "a", ""]);
  assertEquals(parts("/a."), ["/a", "a.", "/", "a"]);
  assertEquals(parts("a//b/"), ["a//b/", "", "a", ""]);
  assertEquals(parts("//"), ["//", "", "/", ""]);
  assertEquals(parts(".."), [".", "..", ".", "."]);
});

const TEMPLATES = [
  ["{}"],
  ["[{}]", "{.}x"],
  ["{/}", "{//}", "{/.}"],
  ["{1}", "{2}", "-{-1}-"],
  ["{2.}", "{1/}", "{1//}", "{2/.}", "{-2.}"],
  ["x{}y{.}", "{#}"],
  ["--out={2/}.{#}", "{1}"],
];

Deno.test("GNU parallel fills placeholders in the same way", async ({ name }) => {
  const items = fc.sample(fc.tuple(anyPath, anyPath), 60);
  // It keeps there what it finds out about the machine on its first run.
  const home = await Deno.makeTempDir();
  try {
    for (const words of TEMPLATES) {
      const template = compileTemplate(words.map(b));
      const own = items.flatMap((fields, i) => [
        ...shownAll(template.render({ fields }, i + 1, 1)),
        "|",
      ]);
      assertEquals(await runParallel(home, words, items), own);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    skip(name, "GNU parallel is not installed");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** The words that GNU parallel makes. @throws Deno.errors.NotFound where it is not installed */
async function runParallel(
  home: string,
  words: string[],
  items: [Uint8Array, Uint8Array][],
): Promise<string[]> {
  const file = (name: string) => `${home}/${name}`;
  for (const [i, name] of ["one", "two"].entries()) {
    const bytes = items.flatMap((pair) => [...pair[i], 0]);
    await Deno.writeFile(file(name), new Uint8Array(bytes));
  }
  const command = ["printf", "%s\\\\0", ...words, "'|'"];
  const args = ["--will-cite", "-0", "-k", "-j1", "--link", "-a", file("one"), "-a", file("two")];
  const printed = await output("parallel", [...args, command.join(" ")], new Uint8Array(0), {
    PARALLEL_HOME: home,
    PARALLEL_SHELL: "/bin/sh",
  });
  return shown(printed).split("\0").slice(0, -1);
}
