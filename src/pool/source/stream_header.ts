import { bytesOf, latin1 } from "../bytes.ts";
import { byBytes } from "./record_cuts.ts";

/** What precedes the records of a stream. */
export type HeaderRule =
  | { readonly by: "lines"; readonly lines: number }
  | { readonly by: "pattern"; readonly pattern: RegExp };

const [NEWLINE] = bytesOf("\n");

/**
 * Pure. `:` is the first line, a number so many lines, anything else a regular expression.
 * @throws SyntaxError
 */
export function parseHeader(text: string): HeaderRule {
  if (text === ":") return { by: "lines", lines: 1 };
  if (/^\d{1,6}$/.test(text)) return { by: "lines", lines: Number(text) };
  return { by: "pattern", pattern: RegExp(`^(?:${byBytes(text)})`) };
}

/**
 * Pure. The length of the header.
 * @param room whether more fits into the read buffer
 * @param final nothing follows
 * @returns undefined if more must be read first
 */
export function headerLength(
  rule: HeaderRule,
  bytes: Uint8Array,
  room: boolean,
  final: boolean,
): number | undefined {
  if (rule.by === "pattern") {
    // What follows might belong to it.
    if (room && !final) return undefined;
    return rule.pattern.exec(latin1(bytes))?.[0].length ?? 0;
  }
  let at = 0;
  for (let n = 0; n < rule.lines; n++) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) return final ? bytes.length : undefined;
    at = newline + 1;
  }
  return at;
}
