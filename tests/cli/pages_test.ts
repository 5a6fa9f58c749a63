import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { helpTopic } from "../../src/cli/pages/help_topic.ts";
import { documentation } from "../../src/cli/pages/pages.ts";
import { fitTable } from "../../src/cli/pages/page_table.ts";
import { pageText } from "../../src/cli/pages/page_text.ts";
import { UnknownWord } from "../../src/cli/parse.ts";
import { displayWidth } from "../../src/cli/table.ts";

const LOOK = { colored: false, width: 60, wordsFor: (page: string) => page };

Deno.test("pages: every page of the documentation fits, but for its examples and long words", () => {
  for (const [name, markdown] of Object.entries(documentation())) {
    for (const width of [40, 80, 100]) {
      const text = pageText(markdown, { ...LOOK, width });
      assert(text.length > 0, name);
      for (const line of text.split("\n")) {
        const longest = Math.max(...line.split(/\s+/).map((word) => word.length));
        const fits = displayWidth(line) <= width || line.startsWith("    ") ||
          longest > width * 2 / 3;
        assert(fits, `${name} at ${width}: ${line}`);
      }
      const prose = text.replace(/^ {4}.*$/gm, "").replace(/`[^`]*`/g, "");
      assert(!/\]\(|&(lt|gt|amp|quot|#39);/.test(prose), name);
    }
  }
});

Deno.test("pages: headings, lists, code, quotes and links", () => {
  const page = `# A page

One **two** [three](https://example.org) [it](other.md#part) [other.md](other.md) \`a < b\`.

- first
- second

  more

2. second
3. third

> said

\`\`\`console
$ imp  --version
\`\`\`
`;
  assertEquals(
    pageText(page, LOOK).split("\n"),
    [
      ...["A PAGE", ""],
      "One two three <https://example.org> it (`imp help other`)",
      ...["`imp help other` `a < b`.", ""],
      ...["- first", "", "- second", "", "  more", ""],
      ...["2. second", "3. third", "", "  said", "", "    $ imp  --version"],
    ],
  );
  assertStringIncludes(pageText("`x`", { ...LOOK, colored: true }), "\x1b[36mx\x1b[39m");
});

Deno.test("pages: a picture is left out, one within a sentence is its text", () => {
  const page =
    "# A page\n\n![imp list on a\nterminal](pictures/list.svg)\n\nOne ![icon](i.svg) two.\n";
  assertEquals(pageText(page, LOOK).split("\n"), ["A PAGE", "", "One icon two."]);
});

Deno.test("pages: a table is wrapped, and becomes a list where it would be too narrow", () => {
  const rows = [["`--a`", "the first of all options"], ["b", ""]];
  assertEquals(fitTable(["name", "what it does"], rows, 80), [
    "name   what it does",
    "-----  ------------------------",
    "`--a`  the first of all options",
    "b",
  ]);
  assertEquals(fitTable(["", ""], rows, 24), ["`--a`  the first of all", "       options", "b"]);
  const wide = ["x".repeat(20), "y".repeat(20), "z".repeat(20)];
  assertEquals(fitTable(["1", "2", "3"], [wide], 30), [
    wide[0],
    `    2: ${wide[1]}`,
    `    3: ${wide[2]}`,
  ]);
});

Deno.test("pages: by name, by file, with a folder; the list; and what is none", async () => {
  const show = (topic: string) => helpTopic(topic, ["pool", "start"], false);
  assertStringIncludes(await show("keeper"), "HOW A DAEMON IS KEPT");
  assertEquals(await show("docs/pool"), await show("pool.md"));
  assertEquals(await show("Keeper"), await show("docs/keeper.md"));
  const topics = await show("topics");
  for (const name of ["imp help keeper", "imp help docs/pool", "imp help changelog"]) {
    assertStringIncludes(topics, name);
  }
  const error = await assertRejects(() => show("keper"), UnknownWord);
  assertStringIncludes(error.message, "unknown command or topic 'keper'");
  await assertRejects(() => show("constructor"), UnknownWord);
});
