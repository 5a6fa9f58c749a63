import { EAGAIN } from "../../libc/abi.ts";
import { errnoOf, type Losses } from "./loss.ts";
import type { PipeProgress } from "../watch/pipe_progress.ts";
import type { SpoolFile } from "./spool_file.ts";

/** Passes a pipe's output through a spool. */
export interface SpooledPipe {
  readonly pipe: number;
  readonly spool: SpoolFile;
  readonly losses: Losses;
  /** How far the spool was passed on. */
  readonly position: () => number;
  /** Passes on the spool's content. @param over the pipe has no writer @returns 0, or an errno; it may throw */
  readonly handOn: (over: boolean) => number;
}

const MOST_ROUNDS = 16;

/** Reads what the pipe has now, and passes it on; in parts, if it is much. */
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
    // If the spool has no room, the log may have some: for what is in it, and for a notice of loss.
    const errno = errnoOf(() => handOn(end));
    if (errno !== 0 && losses.failed(errno, now)) losses.drop(pipe);
    if (full || errno) return { moved, end: false, errno: full || errno };
    if (n === 0 || n === -EAGAIN) break;
  }
  return { moved, end };
}
