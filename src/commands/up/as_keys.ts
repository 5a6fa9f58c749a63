import { START_OPTIONS } from "../start/options.ts";

/** What a message says of options holds for keys, which have no dashes before them. */
export function asKeys(text: string): string {
  return text.replace(
    /--([a-z][a-z-]*)/g,
    (whole, name) => START_OPTIONS.some((one) => one.name === name) ? name : whole,
  );
}
