import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { Listing } from "./collect.ts";

/** Words that no daemon is called by. */
export function warnOfUnknown({ unknown }: Pick<Listing, "unknown">): void {
  for (const word of unknown) {
    warn(`imp list: no kept daemon is called '${printable(word)}'`);
  }
}
