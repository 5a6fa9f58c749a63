import { ImpError, withDetail } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import { KeptClaim } from "../records/kept_claim.ts";
import { readOrder } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { StopOutcome } from "../stop/stop_outcome.ts";
import { LockPatience, tryNameLock } from "../records/name_lock.ts";
import { moveAway, sweepRemoved } from "../records/remove_records.ts";

/** What a failed start still does, and says. @param start of which it is */
export function afterFailure(
  place: KeptPlace,
  { wanted, cleaned }: { readonly wanted?: KeptSettings; readonly cleaned?: StopOutcome["is"] },
  error: ImpError,
): ImpError {
  if (wanted) removeUnused(place);
  if (cleaned !== "stopped") return error;
  // Whoever reads that options were not taken must not believe that it runs on with the old ones.
  const { program, acting, settings } = observeKept(place);
  if (program || acting) return error;
  const again = settings ? `; imp start ${place.name} starts it as before` : "";
  return withDetail(error, `  it was stopped for this, and does not run${again}`);
}

/**
 * A first start failed before anything was recorded: removes what it created, unless another command has begun to use
 * it. The reason of the failure counts: throws nothing.
 */
function removeUnused(place: KeptPlace): void {
  try {
    const fd = tryNameLock(place, new LockPatience(runtime.now()));
    if (fd === undefined) return;
    try {
      if (readOrder(place) === undefined) removeFree(place);
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
  }
}

function removeFree(place: KeptPlace): void {
  const claim = KeptClaim.take(place);
  try {
    if (!claim.isFree) return;
    moveAway(place);
    sweepRemoved(place);
  } finally {
    claim.close();
  }
}
