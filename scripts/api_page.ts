// Makes docs/api.md from the doc comments of what src/mod.ts exports.
// Usage: deno run -A scripts/api_page.ts [--check]: only checks that the page is up to date and everything is
// documented.
import { wrapMarkdown } from "./lib/wrap_markdown.ts";
import { DOCS_WIDTH } from "./wrap_docs.ts";
import { apiPage, type ApiSymbol, undocumented } from "./lib/api_page.ts";

interface Documentation {
  nodes: Record<string, { module_doc?: { doc?: string }; symbols: ApiSymbol[] }>;
}

const root = new URL("../", import.meta.url);
const page = new URL("docs/api.md", root);

async function documentation(): Promise<Documentation> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", "--json", "src/mod.ts"],
    cwd: root,
    stdin: "null",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error("deno doc failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function main(check: boolean): Promise<number> {
  const [{ module_doc, symbols }] = Object.values((await documentation()).nodes);
  const files = new Map<string, string[]>();
  const source = (filename: string) => {
    if (!files.has(filename)) {
      files.set(filename, Deno.readTextFileSync(new URL(filename)).split("\n"));
    }
    return files.get(filename)!;
  };
  const text = wrapMarkdown(apiPage(module_doc?.doc ?? "", symbols, source), DOCS_WIDTH);
  const missing = undocumented(symbols);
  for (const name of missing) console.error(`${name} has no doc comment`);
  if (!check) await Deno.writeTextFile(page, text);
  else if (await Deno.readTextFile(page).catch(() => "") !== text) {
    console.error("docs/api.md is not up to date: run deno task api");
    return 1;
  }
  return missing.length > 0 ? 1 : 0;
}

Deno.exit(await main(Deno.args.includes("--check")));
