import { runtime } from "../../runtime/mod.ts";
import type { KeptPlace } from "../home.ts";
import { CLAIM_PATIENCE_MS, KeptClaim } from "./kept_claim.ts";
import { underFreeLock } from "./name_lock_wait.ts";
import { observeKept } from "../observe/observe.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import { isLeaving } from "../waiter/leaving.ts";

const FIRST_PAUSE_MS = 2, LONGEST_PAUSE_MS = 50;

/**
 * Runs `work` under the lock of the name once it is certain who keeps the daemon: waiters that stay, or nobody, and
 * then nobody else can begin to. A holder about to be gone is waited for, without the lock.
 * @param work gets the claim if nobody keeps it; it must not wait
 * @throws ImpError
 */
export async function withKeptClaim<T>(
  place: KeptPlace,
  work: (observed: ObservedDaemon, claim: KeptClaim | undefined) => T,
): Promise<T> {
  const deadline = runtime.now() + CLAIM_PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const done = await underFreeLock(place, () => {
      const observed = observeKept(place);
      if (observed.acting && !isLeaving(observed.acting)) {
        return { result: work(observed, undefined) };
      }
      const claim = KeptClaim.take(place);
      try {
        if (claim.isFree) return { result: work(observed, claim) };
        if (runtime.now() > deadline) throw claim.refusal();
        return undefined;
      } finally {
        claim.close();
      }
    });
    if (done) return done.result;
    await runtime.sleep(pause);
  }
}
