import { readFile } from "../../libc/descriptors/files.ts";
import { listDirectory } from "../../libc/descriptors/stat.ts";

/** By name, without `.md`: the Markdown of docs/, and `changelog`. */
export type Pages = Readonly<Record<string, string>>;

/** scripts/build.ts puts it before the file that this is bundled into. */
declare const IMP_PAGES: Pages | undefined;

/** The pages in the executable; from source, those of the clone. */
export function documentation(): Pages {
  return typeof IMP_PAGES === "undefined" ? pagesOfClone() : IMP_PAGES;
}

/** The first heading of a page. */
export function titleOf(markdown: string): string {
  return /^# (.+)$/m.exec(markdown)?.[1] ?? "";
}

function pagesOfClone(): Pages {
  const root = new URL("../../../", import.meta.url).pathname;
  const names = listDirectory(`${root}docs`);
  const decoder = new TextDecoder();
  const read = (path: string) => decoder.decode(readFile(root + path));
  const pages = (typeof names === "string" ? [] : names).filter((name) => name.endsWith(".md"));
  return {
    ...Object.fromEntries(pages.sort().map((name) => [name.slice(0, -3), read(`docs/${name}`)])),
    changelog: read("CHANGELOG.md"),
  };
}
