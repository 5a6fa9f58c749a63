// Pure: words and values in systemd's unit file syntax; systemd.syntax(7), systemd.service(5), "Command lines".
import { bytesFromText } from "../base/byte_text.ts";

/** Words that need no quotes. A lone `;` would begin another command, a leading `#` or `;` a comment. */
const PLAIN = /^[\w/.,:=+@^~-]+$/;
const ESCAPES: Record<string, string> = {
  ...{ '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" },
};

/**
 * A command line for ExecStart= and the like. There, `%` begins a specifier and `$` a variable, except in the path of
 * the program.
 */
export function execLine([program, ...more]: readonly string[]): string {
  const first = quoted(program.replaceAll("%", "%%"));
  return [first, ...more.map((word) => quoted(withoutVariables(word)))].join(" ");
}

/** A word of a list, such as Environment=, where `$` means nothing. */
export function listWord(word: string): string {
  return quoted(word.replaceAll("%", "%%"));
}

/**
 * A setting's whole value, a path or a text, which systemd does not unquote.
 * @returns undefined if it cannot be written: control characters, spaces at its ends, a backslash at its end
 */
export function wholeValue(text: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f\ud800-\udfff]|^\s|\s$|\\$|^$/u.test(text)) return undefined;
  return text.replaceAll("%", "%%");
}

/** The first line of a unit that imp exported: imp replaces such files, and no others. */
export function exportHeading(file: string): string {
  return `# ${file}, exported by imp`;
}

/** A time span, exact to the millisecond: `90s`; `1min 30s` is not needed. */
export function spanText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function withoutVariables(word: string): string {
  return word.replaceAll("%", "%%").replaceAll("$", "$$$$");
}

function quoted(word: string): string {
  if (PLAIN.test(word) || /^(?:[\w/.,:=+@^~-]|%%|\$\$)+$/.test(word)) return word;
  const text = word.isWellFormed()
    ? word
    // Invalid UTF-8 bytes: systemd ignores a line that contains one.
    : [...bytesFromText(word)].map((byte) => String.fromCharCode(byte)).join("");
  const raw = !word.isWellFormed();
  const escaped = [...text].map((char) => {
    const code = char.charCodeAt(0);
    if (ESCAPES[char]) return ESCAPES[char];
    if (code < 32 || code === 127 || (raw && code > 127)) return `\\x${hex(code)}`;
    return char;
  }).join("");
  return `"${escaped}"`;
}

function hex(code: number): string {
  return code.toString(16).padStart(2, "0");
}

/** A line for people to read. */
export function comment(text: string): string {
  return `# ${text.replaceAll(/\s+/g, " ")}`;
}

/** A comment about settings that a unit cannot have. */
export function without(option: string, why: string): string {
  return comment(`${option}: ${why}`);
}

export function whole(directive: string, text: string): string {
  const value = wholeValue(text);
  return value === undefined
    ? without(directive, `${JSON.stringify(text)} cannot be written in a unit`)
    : `${directive}=${value}`;
}
