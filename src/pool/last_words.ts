import { unreadBytes } from "../libc/descriptors/pipe.ts";
import type { OutputWriter } from "./writer.ts";

/** A reader that takes nothing for so long will not take the rest either. */
const SILENCE_MS = 5000;
/** A signal asks for an end: whoever sent it does not wait for ever. */
const MOST_MS = 30_000;
const LOOK_MS = 500;

/**
 * When a signal stops the pool, output of which something has gone is finished, so that no job is printed by halves now and
 * whole by the run that goes on. This says how long to wait for its reader. Times are on the clock of runtime.now().
 */
export class LastWords {
  /** When {@link isOver} wants to be asked. */
  due: number;
  private moved: number;
  private seen = -1;

  constructor(private readonly writer: OutputWriter, private readonly since: number) {
    this.moved = since;
    this.due = since;
  }

  isOver(now: number): boolean {
    if (now < this.due) return false;
    this.due = now + LOOK_MS;
    // What lies in the pipe tells of a reader that reads, long before there is room for more.
    const { gone, blockedOn } = this.writer;
    const seen = gone - unreadBytes(blockedOn);
    if (seen !== this.seen) this.moved = now;
    this.seen = seen;
    return now - this.moved >= SILENCE_MS || now - this.since >= MOST_MS;
  }
}
