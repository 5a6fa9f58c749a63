import { START_OPTIONS } from "../start/options.ts";

/** Turns a message about options into one about keys, which have no leading dashes. */
export function asKeys(text: string): string {
  return text.replace(
    /--([a-z][a-z-]*)/g,
    (whole, name) => START_OPTIONS.some((one) => one.name === name) ? name : whole,
  );
}
