import { assert, assertEquals } from "@std/assert";
import { anchorsOf, brokenLinks, linksOf, picturesOf } from "../../scripts/lib/links.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

Deno.test("links: of the README and all pages, files and headings exist", () => {
  assertEquals(brokenLinks(ROOT), []);
});

Deno.test("links: a page is reached from the README, or from a page that is", () => {
  const seen = new Set<string>(["README.md"]);
  for (const page of seen) {
    const folder = page.slice(0, page.lastIndexOf("/") + 1);
    for (const { path } of linksOf(Deno.readTextFileSync(ROOT + page))) {
      const target = new URL(folder + path, "file:///").pathname.slice(1);
      if (path !== "" && target.endsWith(".md")) seen.add(target);
    }
  }
  const pages = [...Deno.readDirSync(`${ROOT}docs`)].map(({ name }) => `docs/${name}`);
  assertEquals(pages.filter((page) => page.endsWith(".md") && !seen.has(page)), []);
});

Deno.test("links: every picture is shown by a page, and said in words", () => {
  const names = [...Deno.readDirSync(`${ROOT}docs`)].map(({ name }) => name);
  const pages = names.filter((name) => name.endsWith(".md"))
    .map((name) => Deno.readTextFileSync(`${ROOT}docs/${name}`));
  const shown = pages.flatMap(picturesOf);
  const there = [...Deno.readDirSync(`${ROOT}docs/pictures`)].map(({ name }) => `pictures/${name}`);
  assertEquals(shown.sort(), there.sort());
  assertEquals(picturesOf("![a b](c.svg) [d](e.md) `![f](g.svg)`"), ["c.svg"]);
  for (const page of pages) assert(!/!\[\s*\]/.test(page));
});

Deno.test("links: anchors are as the pages of hosts make them of headings", () => {
  const text =
    "# imp list, `imp status`\n\n```sh\n# no heading\n```\n\n## What's *new*: 1.0\n## Twice\n## Twice\n";
  assertEquals(anchorsOf(text), ["imp-list-imp-status", "whats-new-10", "twice", "twice-1"]);
});

Deno.test("links: what stands in code, and other hosts, are not looked at", () => {
  const text = "[a](b.md#c) `[x](y)` [d](https://e.org/f) [g\nh](#i)\n\n```\n[j](k)\n```\n";
  assertEquals(linksOf(text), [{ path: "b.md", anchor: "c" }, { path: "", anchor: "i" }]);
  assert(linksOf("").length === 0);
});
