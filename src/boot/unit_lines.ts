// Pure: lines of a unit written for people to read.
import { wholeValue } from "./unit_text.ts";

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
