/** Checks that the files and headings named by links of Markdown pages exist. */

export interface Link {
  /** Relative to the page; empty for the page itself. */
  readonly path: string;
  readonly anchor: string;
}

/** Links to files of the repository; links to other hosts are left out. */
export function linksOf(markdown: string): Link[] {
  return [...withoutCode(markdown).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path, anchor = ""] = target.split("#");
      return { path, anchor };
    });
}

/** Pictures that a page shows, relative to it. */
export function picturesOf(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, path]) => path);
}

/** The anchors of a page's headings; repeated ones have a number. */
export function anchorsOf(markdown: string): string[] {
  const counts = new Map<string, number>();
  return [...withoutBlocks(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => {
    const name = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
}

/**
 * Checks the pages at the top, in docs/ and in examples/.
 * @returns `PAGE: TARGET`, each with what is wrong
 */
export function brokenLinks(root: string): string[] {
  return ["", "docs/", "examples/"].flatMap((folder) =>
    [...Deno.readDirSync(root + folder)].map(({ name }) => folder + name)
      .filter((page) => page.endsWith(".md")).sort()
      .flatMap((page) =>
        linksOf(Deno.readTextFileSync(root + page)).flatMap((link) => {
          const wrong = wrongWith(root, folder, page, link);
          return wrong ? [`${page}: ${link.path}#${link.anchor}: ${wrong}`] : [];
        })
      )
  );
}

function wrongWith(root: string, folder: string, page: string, { path, anchor }: Link) {
  const target = path === "" ? page : folder + path;
  try {
    if (Deno.statSync(root + target).isDirectory || anchor === "") return undefined;
  } catch {
    return "no such file";
  }
  const isThere = !target.endsWith(".md") ||
    anchorsOf(Deno.readTextFileSync(root + target)).includes(anchor);
  return isThere ? undefined : "no such heading";
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^ *```[^\n]*\n[\s\S]*?^ *```$/gm, "");
}

function withoutCode(markdown: string): string {
  return withoutBlocks(markdown).replace(/`[^`]*`/g, "");
}
