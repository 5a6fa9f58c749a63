import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { Listing } from "./collect.ts";

/** Words that name no daemon. */
export function warnOfUnknown({ unknown }: Pick<Listing, "unknown">): void {
  for (const word of unknown) {
    warn(`imp list: no kept daemon is called '${printable(word)}'`);
  }
}
