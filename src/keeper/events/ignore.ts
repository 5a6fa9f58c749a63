// Pure: which changes are ignored. Patterns as in gitignore(5), as far as they make sense here.
import { UsageError } from "../../base/errors.ts";

/** @param path below what is watched, `src/a.ts` */
export type IgnoreRule = (path: string, isDirectory: boolean) => boolean;

/** Files that version control and editors create as a side effect. */
export const ALWAYS_IGNORED: readonly string[] = [
  ...[".git/", ".hg/", ".svn/", ".jj/"],
  // vim, emacs, nano, kate, GNOME, JetBrains.
  ...["*~", ".*.sw[a-z]", ".*.sw[a-z]x", "4913", "#*#", ".#*", "*.kate-swp"],
  ...[".goutputstream-*", "*___jb_tmp___", "*___jb_old___"],
];

interface Pattern {
  readonly counts: boolean;
  readonly directoriesOnly: boolean;
  /** Of the whole path, or of the last name in it. */
  readonly whole: boolean;
  readonly text: RegExp;
}

/**
 * The last matching pattern decides. The content of an ignored directory is not examined: callers begin at the top.
 * @throws UsageError
 */
export function ignoreRule(patterns: readonly string[]): IgnoreRule {
  const rules = patterns.map(patternOf).reverse();
  return (path, isDirectory) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const found = rules.find(({ directoriesOnly, whole, text }) =>
      (isDirectory || !directoriesOnly) && text.test(whole ? path : name)
    );
    return found !== undefined && !found.counts;
  };
}

function patternOf(glob: string): Pattern {
  const counts = glob.startsWith("!");
  // An ignored directory includes its content.
  const bare = glob.slice(counts ? 1 : 0).replace(/(?:\/\*\*)+$/, "/");
  const directoriesOnly = bare.endsWith("/");
  const path = bare.replace(/\/+$/, "");
  const anchored = path.replace(/^\.?\/+/, "");
  if (anchored === "" || anchored === ".") {
    throw new UsageError(
      `--ignore '${glob}' names nothing`,
      "write a name or a path with wildcards: '*.log', 'dist/', 'docs/**/*.html'",
    );
  }
  const whole = path.includes("/");
  return { counts, directoriesOnly, whole, text: RegExp(`^${source(anchored, glob)}$`) };
}

/** The text of a regular expression. */
function source(path: string, glob: string): string {
  let text = "";
  for (let at = 0; at < path.length; at++) {
    const rest = path.slice(at);
    const set = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(rest);
    if (rest.startsWith("**/") && (at === 0 || path[at - 1] === "/")) {
      text += "(?:[^/]+/)*";
      at += 2;
    } else if (rest.startsWith("*")) {
      text += "[^/]*";
      while (path[at + 1] === "*") at++;
    } else if (rest.startsWith("?")) text += "[^/]";
    else if (rest.startsWith("\\") && rest.length > 1) text += escaped(path[++at]);
    else if (set) {
      text += `(?!/)[${set[1] ? "^" : ""}${set[2].replace(/[\\\]^[]/g, "\\$&")}]`;
      at += set[0].length - 1;
    } else if (rest.startsWith("[")) {
      throw new UsageError(`--ignore '${glob}': [ has no ]`, "write \\[ for the character itself");
    } else text += escaped(path[at]);
  }
  return text;
}

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
}
