// How to recognise the processes of kept daemons. Turns need it: it loads nothing else.
import { isWatchProcess } from "../../logs/watch/watch_process.ts";
import { readCmdline, readVariable } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";

/** The variable that identifies a run's processes wherever they hide: `DIRECTORY:RUN`. */
export const KEPT_TAG = "IMP_KEPT";

/** The directory in a tag's value. */
export function directoryOfTag(value: string): string {
  return value.slice(0, Math.max(0, value.lastIndexOf(":")));
}

/** In the environment of hooks: what they leave behind is not taken for the program. */
export const HOOK_VARIABLE = "IMP_HOOK";

/** The waiters' process names, prctl(2) PR_SET_NAME. */
export const KEEPER_COMM = "imp-keeper", GUARD_COMM = "imp-guard";
/** Their command lines end with this command, followed by their directory. */
const TURN_COMMAND = "keeper-turn";

/** The directory in a waiter's command line; undefined for another process. */
export function waiterDirectoryOf(pid: number): string | undefined {
  const words = orUndefined(readCmdline(pid)) ?? [];
  return words.at(-2) === TURN_COMMAND ? words.at(-1) : undefined;
}

/** The waiter of another daemon. */
export function isOthersWaiter(
  { pid, comm }: { readonly pid: number; readonly comm: string },
): boolean {
  return (comm === GUARD_COMM || comm === KEEPER_COMM) && waiterDirectoryOf(pid) !== undefined;
}

/**
 * Whether it watches the logs of all daemons: a turn may have started it, in the session of a waiter that was killed
 * since. It belongs to no daemon, and has no tag.
 */
export function isLogWatch({ pid, sid }: { readonly pid: number; readonly sid: number }): boolean {
  return sid !== pid && isWatchProcess(pid) && readVariable(pid, KEPT_TAG) === undefined;
}
