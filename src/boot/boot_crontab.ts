// Pure: the lines by which cron starts kept daemons, in a crontab whose other bytes stay unchanged.

import { assignmentWord, shellWord } from "../base/shell_words.ts";

/** The line before ours. */
export const CRONTAB_MARK =
  "# Written by imp boot --install; imp boot --remove removes this line and the next one.";

const LINE_END = 10;
const encoder = new TextEncoder(), decoder = new TextDecoder("latin1");

/**
 * @param imp the words that start imp
 * @param environment variables for it, `K=V`
 * @throws RangeError for a word with a line break, which a crontab cannot contain
 */
export function crontabLine(imp: readonly string[], environment: readonly string[]): string {
  const words = [...environment.map(assignmentWord), ...imp.map(shellWord)];
  const line = `@reboot ${words.join(" ")} boot --run --quiet`;
  if (/[\n\r]/.test(line)) throw new RangeError("a line break in a crontab");
  // An unescaped % ends the command, crontab(5).
  return line.replaceAll("%", "\\%");
}

/** @returns the crontab with our lines, replacing earlier ones, else appended */
export function withBootLine(before: Uint8Array, line: string): Uint8Array {
  const place = findBootLine(before);
  const ours = encoder.encode(`${CRONTAB_MARK}\n${line}\n`);
  if (place) return joined(before.subarray(0, place.from), ours, before.subarray(place.to));
  const open = before.length > 0 && before[before.length - 1] !== LINE_END;
  return joined(before, open ? encoder.encode("\n") : new Uint8Array(), ours);
}

/** @returns the crontab without our lines */
export function withoutBootLine(before: Uint8Array): Uint8Array {
  const place = findBootLine(before);
  return place ? joined(before.subarray(0, place.from), before.subarray(place.to)) : before;
}

/** Our line as it is in the crontab; undefined if there is none. */
export function bootLineOf(crontab: Uint8Array): string | undefined {
  const place = findBootLine(crontab);
  if (!place) return undefined;
  const text = new TextDecoder().decode(crontab.subarray(place.from, place.to));
  return text.slice(CRONTAB_MARK.length + 1).replace(/\n$/, "");
}

/** Our mark and the line after it, if that begins as ours do: whoever has changed it owns it. */
function findBootLine(crontab: Uint8Array): { from: number; to: number } | undefined {
  // One character per byte.
  const text = decoder.decode(crontab);
  const match = RegExp(`^${CRONTAB_MARK}\\n(?:@reboot [^\\n]*(?:\\n|$))?`, "m").exec(text);
  return match ? { from: match.index, to: match.index + match[0].length } : undefined;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
