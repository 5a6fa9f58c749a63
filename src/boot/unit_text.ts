// Pure: words and values as systemd's unit files have them; systemd.syntax(7), systemd.service(5), "Command lines".
import { bytesFromText } from "../base/byte_text.ts";

/** What needs no quotes. A `;` alone would begin another command, a `#` or `;` at the beginning a comment. */
const PLAIN = /^[\w/.,:=+@^~-]+$/;
const ESCAPES: Record<string, string> = {
  ...{ '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" },
};

/**
 * The words of a command line for ExecStart= and its like. What begins with `%` is a specifier there and what begins with `$` a
 * variable, but for the program's own path, in which variables are not looked for.
 */
export function execLine([program, ...more]: readonly string[]): string {
  const first = quoted(program.replaceAll("%", "%%"));
  return [first, ...more.map((word) => quoted(withoutVariables(word)))].join(" ");
}

/** A word of a list, of Environment= for example: there `$` means nothing. */
export function listWord(word: string): string {
  return quoted(word.replaceAll("%", "%%"));
}

/**
 * The whole value of a setting that is one path or one text, which is not unquoted.
 * @returns undefined for one that cannot be written so: control characters, spaces at its ends, a backslash at its end
 */
export function wholeValue(text: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f\ud800-\udfff]|^\s|\s$|\\$|^$/u.test(text)) return undefined;
  return text.replaceAll("%", "%%");
}

/** The first line of a unit that imp has written out: such files it replaces, others not. */
export function exportHeading(file: string): string {
  return `# ${file}, exported by imp`;
}

/** A span of time, exact to the millisecond: `90s`, `1min 30s` is not needed. */
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
    // Bytes that are no UTF-8: a line that has such a byte is passed over as a whole.
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
