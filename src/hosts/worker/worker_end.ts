import { SIGKILL, SIGTERM } from "../../libc/abi.ts";
import { EndOfAll } from "../../pool/end_of_all.ts";
import { Notices } from "../../pool/account/notices.ts";
import type { Stop } from "../../pool/loop.ts";
import type { Member, Processes } from "../../pool/process/processes.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import type { StopStep } from "../../termination/schedule.ts";

/** Nobody waits for the jobs any more: they have this time to clean up. */
const AT_ONCE: readonly StopStep[] = [{ signal: SIGTERM, wait: 400 }, { signal: SIGKILL, wait: 0 }];

/** How everything that a worker has started is ended: by the client's steps, but at once if the client is gone. */
export function endOfWorker(
  processes: Processes<Member>,
  { termSteps }: PoolSettings,
  stop: () => Stop | undefined,
  notices: Notices,
): EndOfAll {
  const isAsked = () => (stop()?.why ?? "signal") === "signal";
  return new EndOfAll(
    () => processes.everybody(),
    () => isAsked() ? termSteps : AT_ONCE,
    (left) => notices.survivors(left),
  );
}

/** What a worker has to tell the client's user. @param note sends a text to the client */
export function workerNotices(note: (text: string) => void): Notices {
  return new Notices(note, () => "it wants a terminal, and has none");
}
