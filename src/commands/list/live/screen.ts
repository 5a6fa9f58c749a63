import { O_NOCTTY, O_NONBLOCK, O_WRONLY, POLLOUT } from "../../../libc/abi.ts";
import { forReader } from "../../../cli/charset.ts";
import { closeFile, moveUp, tryOpen } from "../../../libc/descriptors/files.ts";
import { writeParts } from "../../../libc/descriptors/pipe.ts";
import { PollSet } from "../../../libc/descriptors/poll.ts";
import { FLOOR } from "../../../libc/descriptors/reserved.ts";
import {
  setTerminalModes,
  terminalModes,
  type WindowSize,
  windowSize,
} from "../../../libc/descriptors/tty.ts";
import { rawModes } from "../../../libc/descriptors/tty_modes.ts";

// The alternate screen, no line wrapping, no cursor; and all of it restored.
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J", LEAVE = "\x1b[0m\x1b[?25h\x1b[?7h\x1b[?1049l";
const USUAL_SIZE = { rows: 24, columns: 80 };
/** A terminal that accepts nothing for this long is given up: the next picture is drawn completely. */
const PATIENCE_MS = 1000;

/** The terminal as a picture of lines, of which only changed ones are written. */
export class LiveScreen {
  private readonly before = terminalModes(0);
  private readonly fd: number;
  private readonly poll = new PollSet(1);
  private drawn: readonly string[] = [];
  private isIn = false;

  constructor() {
    // A separate open file: a shared one must not be made non-blocking.
    const own = tryOpen("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY);
    this.fd = own < 0 ? 1 : moveUp(own, FLOOR.job);
  }

  get size(): WindowSize {
    return windowSize(1) ?? USUAL_SIZE;
  }

  enter(): void {
    if (this.isIn) return;
    this.isIn = true;
    if (this.before) setTerminalModes(0, rawModes(this.before));
    this.drawn = [];
    this.write(ENTER);
  }

  /** As it was before. */
  leave(): void {
    if (!this.isIn) return;
    this.isIn = false;
    this.write(LEAVE);
    if (this.before) setTerminalModes(0, this.before);
  }

  close(): void {
    this.leave();
    if (this.fd !== 1) closeFile(this.fd);
  }

  /** The terminal has another size, or somebody else has written there. */
  forget(): void {
    this.drawn = [];
    this.write("\x1b[2J");
  }

  /** @param lines one for each row */
  draw(lines: readonly string[]): void {
    // Old content goes first: after a line as long as the row the cursor stands on its last column.
    const parts = lines.flatMap((line, row) =>
      line === this.drawn[row] ? [] : [`\x1b[${row + 1};1H\x1b[K${line}\x1b[0m`]
    );
    this.drawn = this.write(parts.join("")) ? lines : [];
  }

  /** @returns false if the terminal has not accepted all of it */
  private write(text: string): boolean {
    let rest = new TextEncoder().encode(forReader(text));
    for (let waited = 0; rest.length > 0;) {
      const n = writeParts(this.fd, [rest], 0);
      if (n > 0) rest = rest.subarray(n);
      else if (waited++ > 0 || !this.takes()) return false;
    }
    return true;
  }

  private takes(): boolean {
    this.poll.watch(0, this.fd, POLLOUT);
    return this.poll.wait(PATIENCE_MS) > 0;
  }
}
