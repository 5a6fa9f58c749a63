// By what the processes of kept daemons are known. Turns need it: nothing else is loaded with it.
import { isWatchProcess } from "../../logs/watch/watch_process.ts";
import { readCmdline, readVariable } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";

/** The variable by which the processes of a run are known wherever they hide: `DIRECTORY:RUN`. */
export const KEPT_TAG = "IMP_KEPT";

/** The directory in a value of the tag. */
export function directoryOfTag(value: string): string {
  return value.slice(0, Math.max(0, value.lastIndexOf(":")));
}

/** In the environment of hooks: what they leave behind is not taken for the program. */
export const HOOK_VARIABLE = "IMP_HOOK";

/** What the kernel calls the waiters, prctl(2) PR_SET_NAME. */
export const KEEPER_COMM = "imp-keeper", GUARD_COMM = "imp-guard";
/** The command of imp that their words end with, and their directory behind it. */
const TURN_COMMAND = "keeper-turn";

/** The directory in the words of a waiter; undefined for another process. */
export function waiterDirectoryOf(pid: number): string | undefined {
  const words = orUndefined(readCmdline(pid)) ?? [];
  return words.at(-2) === TURN_COMMAND ? words.at(-1) : undefined;
}

/**
 * Whether it looks after the logs of all daemons: a turn may have started it, in the session of a waiter that was killed since. It is
 * no part of any daemon, and has no tag.
 */
export function isLogWatch({ pid, sid }: { readonly pid: number; readonly sid: number }): boolean {
  return sid !== pid && isWatchProcess(pid) && readVariable(pid, KEPT_TAG) === undefined;
}
