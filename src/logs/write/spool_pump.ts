import { EAGAIN } from "../../libc/abi.ts";
import { errnoOf, type Losses } from "./loss.ts";
import type { PipeProgress } from "../watch/pipe_progress.ts";
import type { SpoolFile } from "./spool_file.ts";

/** What takes the output of a pipe through a spool. */
export interface SpooledPipe {
  readonly pipe: number;
  readonly spool: SpoolFile;
  readonly losses: Losses;
  /** Up to where the spool was handed on. */
  readonly position: () => number;
  /** Hands on what the spool has. @param over nobody has the pipe open for writing @returns 0, or an errno; it may throw */
  readonly handOn: (over: boolean) => number;
}

const MOST_ROUNDS = 16;

/** Takes what the pipe has now, and hands it on; a part of it, when it is much. */
export function pumpSpool(
  { pipe, spool, losses, position, handOn }: SpooledPipe,
  now: number,
): PipeProgress {
  let moved = 0, end = false;
  const fillBehindGap = () => {
    const code = spool.endLine();
    if (code !== 0) return -code;
    losses.cutEnded();
    return spool.fill(pipe, position());
  };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const n = losses.hasCut ? fillBehindGap() : spool.fill(pipe, position());
    end = n === 0;
    if (typeof n === "number" && n > 0) moved += n;
    const full = typeof n === "number" && n < 0 && n !== -EAGAIN ? -n : 0;
    if (full === 0) losses.succeeded("take");
    else if (losses.failed(full, now, "take")) losses.drop(pipe);
    // Where the spool has no room the log may have some: for what is in it, and to tell what was lost.
    const errno = errnoOf(() => handOn(end));
    if (errno !== 0 && losses.failed(errno, now)) losses.drop(pipe);
    if (full || errno) return { moved, end: false, errno: full || errno };
    if (n === 0 || n === -EAGAIN) break;
  }
  return { moved, end };
}
