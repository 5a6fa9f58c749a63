import { ImpError } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { KeptPlace } from "../home.ts";
import { KeptClaim } from "../records/kept_claim.ts";
import { readOrder } from "../records/kept_records.ts";
import { LockPatience, tryNameLock } from "../records/name_lock.ts";
import { moveAway, sweepRemoved } from "../records/remove_records.ts";

/**
 * A first start failed before anything was recorded: removes what it created, unless another command has begun to use
 * it. The reason of the failure counts: throws nothing.
 */
export function removeUnused(place: KeptPlace): void {
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
