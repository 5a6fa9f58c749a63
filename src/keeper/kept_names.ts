import { EXIT } from "../base/exit_codes.ts";
import { ImpError } from "../base/errors.ts";
import { isPlainName } from "../base/plain_name.ts";
import { systemError } from "../libc/calling/errno.ts";
import { directoryMayHold, linkCount, listDirectory } from "../libc/descriptors/stat.ts";

const MOST_INSTANCES = 9999, ZEROS = "0000";

/** Whether a kept daemon may have this name: as for `imp daemon -n`, with `@2` appended for an instance. */
export function isKeptName(name: string): boolean {
  const at = name.indexOf("@");
  const base = at < 0 ? name : name.slice(0, at);
  return isPlainName(base) && (at < 0 || isInstanceNumber(name.slice(at + 1)));
}

function isInstanceNumber(text: string): boolean {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= MOST_INSTANCES &&
    String(number) === text;
}

/** The rule of {@link isKeptName} for hundreds: there a regular expression pays. */
const KEPT_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?:@[1-9]\d{0,3})?$/;

/** The names of all kept daemons, sorted, `web@2` before `web@10`. @throws ImpError if they cannot be listed */
export function keptNames(home: string): string[] {
  const names = listDirectory(`${home}/daemons`);
  if (names === "ENOENT") return [];
  if (typeof names === "string") {
    throw systemError(names, "list", `${home}/daemons`, { exit: EXIT.failed });
  }
  return inOrder(names.filter((name) => KEPT_NAME.test(name)));
}

/** Like {@link keptNames}, for those who go on without: none if they cannot be listed. */
export function listableNames(home: string): string[] {
  try {
    return keptNames(home);
  } catch (error) {
    if (error instanceof ImpError) return [];
    throw error;
  }
}

/** Like {@link keptNames}, for callers that need only these: a plain name without instances needs no listing. */
export function keptNamesFor(home: string, words: readonly string[]): string[] {
  const [word, ...more] = words;
  const daemons = `${home}/daemons`;
  const single = word !== undefined && more.length === 0 && isKeptName(word) &&
    linkCount(`${daemons}/${word}`) > 0;
  if (!single) return keptNames(home);
  return word.includes("@") || !directoryMayHold(daemons, `${word}@`) ? [word] : keptNames(home);
}

/** `web@2` before `web@10`. The runtime compares plain texts a hundred times faster than by a function of ours. */
function inOrder(names: string[]): string[] {
  if (!names.some((name) => name.includes("@"))) return names.sort();
  const keys = names.map((name) => {
    const at = name.indexOf("@");
    const zeros = at < 0 ? "" : ZEROS.slice(name.length - at - 1);
    return `${name.slice(0, at + 1)}${zeros}${name.slice(at + 1)} ${name}`;
  });
  return keys.sort().map((key) => key.slice(key.indexOf(" ") + 1));
}

/** `web` itself or its instances `web@1`, `web@2` …: those that exist. */
export function instancesOf(name: string, names: readonly string[]): string[] {
  return names.filter((one) => one === name || one.startsWith(`${name}@`));
}
