import { canRedraw, print, printLine, warn } from "../../cli/output.ts";
import { forReader } from "../../cli/charset.ts";
import { cutToWidth } from "../../cli/table.ts";
import { windowSize } from "../../libc/descriptors/tty.ts";
import { runtime } from "../../runtime/mod.ts";

const STDOUT = 1, TICK_MS = 80;
const CLEAR_LINE = "\x1b[K";

/** On a terminal, a line for each daemon, updated in place; elsewhere a line when it is done. */
export class Board {
  private readonly lines = new Map<string, string>();
  private drawn = 0;
  private nextAt = 0;
  private readonly live: boolean;

  /** @param names in the order of display */
  constructor(names: readonly string[], isWanted: boolean) {
    const rows = windowSize(STDOUT)?.rows ?? 0;
    // Lines that have scrolled away cannot be updated.
    this.live = isWanted && canRedraw(STDOUT) && names.length < rows;
    if (this.live) { for (const name of names) this.lines.set(name, `${name}: …`); }
  }

  /** Shows progress. */
  show(name: string, text: string): void {
    if (!this.live) return;
    this.lines.set(name, text);
    if (runtime.now() >= this.nextAt) this.draw();
  }

  /** Shows the result. @param isGood if false, it is an error, on stderr unless there is a board */
  done(name: string, text: string, isGood: boolean): void {
    if (this.live) return this.show(name, text.split("\n")[0]);
    if (isGood) print(text);
    else warn(`imp up: ${text}`);
  }

  /** Draws the board for the last time; further output goes below. */
  end(): void {
    if (this.live) this.draw();
  }

  get isLive(): boolean {
    return this.live;
  }

  private draw(): void {
    const width = (windowSize(STDOUT)?.columns ?? 80) - 1;
    const up = this.drawn > 0 ? `\x1b[${this.drawn}A` : "";
    const lines = [...this.lines.values()].map((line) =>
      `\r${cutToWidth(line, width)}${CLEAR_LINE}\n`
    );
    this.drawn = lines.length;
    this.nextAt = runtime.now() + TICK_MS;
    printLine(forReader(up + lines.join("")));
  }
}
