import { canRedraw, print, printLine, warn } from "../../cli/output.ts";
import { forReader } from "../../cli/charset.ts";
import { cutToWidth } from "../../cli/table.ts";
import { windowSize } from "../../libc/descriptors/tty.ts";
import { runtime } from "../../runtime/mod.ts";

const STDOUT = 1, TICK_MS = 80;
const CLEAR_LINE = "\x1b[K";

/** A line for each daemon on a terminal, each written over when it changes; elsewhere a line when it is done. */
export class Board {
  private readonly lines = new Map<string, string>();
  private drawn = 0;
  private nextAt = 0;
  private readonly live: boolean;

  /** @param names in the order in which they are shown */
  constructor(names: readonly string[], isWanted: boolean) {
    const rows = windowSize(STDOUT)?.rows ?? 0;
    // What has scrolled away cannot be written over.
    this.live = isWanted && canRedraw(STDOUT) && names.length < rows;
    if (this.live) { for (const name of names) this.lines.set(name, `${name}: …`); }
  }

  /** Something is going on. */
  show(name: string, text: string): void {
    if (!this.live) return;
    this.lines.set(name, text);
    if (runtime.now() >= this.nextAt) this.draw();
  }

  /** It is over. @param isGood otherwise it is a message, on stderr where there is no board */
  done(name: string, text: string, isGood: boolean): void {
    if (this.live) return this.show(name, text.split("\n")[0]);
    if (isGood) print(text);
    else warn(`imp up: ${text}`);
  }

  /** The last look at it; below it there is room for more. */
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
