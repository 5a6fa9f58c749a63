import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { readStat } from "../procfs/stat.ts";
import type { PidfileState } from "./pidfile_state.ts";

/** A system call on a pidfile failed. */
export function pidfileFailure(action: string, path: string, code: number, more = {}): ImpError {
  return systemError(code, action, `pidfile ${path}`, { exit: EXIT.failed, ...more });
}

/** A pidfile that imp does not touch. */
export function pidfileRefusal(path: string, why: string, more = {}): ImpError {
  return new ImpError({
    action: "use",
    object: `pidfile ${path}`,
    why,
    exit: EXIT.failed,
    ...more,
  });
}

/** Somebody holds the lock. @param who in words */
export function alreadyRunning(path: string, who: string, more?: string): ImpError {
  return new ImpError({
    action: "start",
    why: `already running, ${who}`,
    details: [`  the lock on ${path} is held${more ? `; ${more}` : ""}`],
    exit: EXIT.no,
  });
}

/** Another start holds the lock and neither fails nor finishes. */
export function underWay(path: string, starter: number): ImpError {
  const error = alreadyRunning(path, `pid ${starter} (imp)`);
  return error.with({ why: `another start is under way, pid ${starter}` });
}

/**
 * Nobody holds the lock, but the process runs.
 * @param earlier it was recognised by what an earlier version of imp recorded
 */
export function stillRunning(
  path: string,
  { pid, certain }: PidfileState & { is: "running" },
  earlier = false,
): ImpError {
  const error = alreadyRunning(path, `pid ${pid}`);
  if (earlier) return error.with({ details: ["  it was started by an earlier version of imp"] });
  if (certain) {
    return error.with({
      details: [
        `  it closed the descriptor that held the lock on ${path}, but is the same process`,
      ],
    });
  }
  const comm = readStat(pid)?.comm ?? "it";
  return error.with({
    details: [],
    hint: `if ${comm} (pid ${pid}) is another program, remove ${path}`,
  });
}
