/**
 * Wraps the pages of docs/ and the README at 100 columns. `deno task docs` writes them; with `--check` it only lists
 * those that are not wrapped. @module
 */
import { wrapMarkdown } from "./lib/wrap_markdown.ts";

export const DOCS_WIDTH = 100;

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  const named = Deno.args.filter((word) => !word.startsWith("--"));
  const pages = named.length > 0 ? named : [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    ...[...Deno.readDirSync("docs")].map(({ name }) => `docs/${name}`).filter((path) =>
      path.endsWith(".md")
    ).sort(),
  ];
  let bad = 0;
  for (const page of pages) {
    const text = Deno.readTextFileSync(page);
    const wrapped = wrapMarkdown(text, DOCS_WIDTH);
    if (wrapped === text) continue;
    bad++;
    if (check) console.error(`${page}: not wrapped at ${DOCS_WIDTH} columns: deno task docs`);
    else Deno.writeTextFileSync(page, wrapped);
  }
  if (check && bad > 0) Deno.exit(1);
}
