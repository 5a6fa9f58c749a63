import { canRedraw, warn } from "../../cli/output.ts";
import { runtime } from "../../runtime/mod.ts";
import { writeAll } from "../../libc/descriptors/files.ts";
import type { Ledger } from "../../pool/account/ledger.ts";
import { progressText, RateMeter, summaryText } from "../../pool/output/progress_text.ts";
import { windowSize } from "../../libc/descriptors/tty.ts";
import { printable } from "../../cli/printable.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { Naming } from "../../pool/account/failures.ts";

const TICK_MS = 100;
const STDERR = 2;
const CLEAR_LINE = "\r\x1b[K";

/** The progress line on the terminal, and the summary at the end. */
export class Progress {
  private readonly begin = runtime.now();
  private readonly rate = new RateMeter(this.begin);
  private next = this.begin;
  private visible = false;
  private readonly shown: boolean;

  constructor(wanted: boolean, private readonly ledger: () => Ledger) {
    this.shown = wanted && canRedraw(STDERR);
  }

  get due(): number {
    return this.shown ? this.next : Infinity;
  }

  tick(running: number, total: number | undefined): void {
    const now = runtime.now();
    if (!this.shown || now < this.next) return;
    this.next = now + TICK_MS;
    const counts = this.ledger().counts(running, total);
    this.rate.note(now, counts.done - (counts.earlier ?? 0));
    const width = windowSize(STDERR)?.columns ?? 80;
    this.visible = true;
    this.write(CLEAR_LINE + progressText(counts, this.rate.perSecond, width - 1));
  }

  /** Erases the line, so that output does not follow it; the next tick shows it again. */
  clear(): void {
    if (!this.visible) return;
    this.write(CLEAR_LINE);
    this.visible = false;
  }

  summary(total: number | undefined): void {
    this.clear();
    warn(summaryText(this.ledger().counts(0, total), runtime.now() - this.begin));
  }

  private write(text: string): void {
    try {
      writeAll(STDERR, text, "standard error");
    } catch {
      // Nobody is watching any more.
    }
  }
}

/** What a pool prints on stderr. */
export class Voice {
  /** Which failures are reported; records of `--json` contain them anyway. */
  readonly naming: Naming;
  readonly quiet: boolean;
  /** Erases the line of `--progress` where it is shown. */
  makeRoom: () => void = () => {};

  /** @param failures which failures to report, unless --quiet or --json decides */
  constructor({ quiet, json }: { quiet: boolean; json?: boolean }, failures: Naming) {
    this.quiet = quiet;
    this.naming = quiet || json ? "none" : failures;
  }

  readonly warn = (text: string): void => {
    this.makeRoom();
    warn(message(text));
  };

  readonly line = (text: string): Uint8Array => bytesOf(`${message(text)}\n`);
}

/** Items and words of jobs may come from anyone: their control characters must not reach the terminal. */
function message(text: string): string {
  return `imp pool: ${text.split("\n").map(printable).join("\n")}`;
}
