import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import type { KeptPlace } from "../home.ts";
import { takeNameLock } from "../records/name_lock.ts";

/**
 * The lock of the name, for a turn.
 * @returns a descriptor; `none` if there can be none: the directory was removed; `held`: a command hangs
 */
export function tryTurnLock(place: KeptPlace, patience?: number): number | "none" | "held" {
  try {
    return takeNameLock(place, patience);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("keeper", "no lock", { error: error.message });
    return error.errno === "EWOULDBLOCK" ? "held" : "none";
  }
}
