import { concat, EMPTY } from "../../pool/bytes.ts";
import { tagLines } from "../../pool/output/tag_lines.ts";
import type { OutputWriter, Whole } from "../../pool/output/writer.ts";

const NEWLINE = 10;
/** Longer text without a newline is passed on as it is. */
const LONGEST_LINE = 1 << 20;

/** Passes on a running job's output: by whole lines, or as it comes. */
export class LineRelay {
  readonly whole: Whole = { begun: false, complete: false };
  /** The incomplete lines. */
  private readonly rests: Record<1 | 2, Uint8Array> = { 1: EMPTY, 2: EMPTY };
  received = 0;

  constructor(
    private readonly writer: Pick<OutputWriter, "push">,
    private readonly tag: Uint8Array | undefined,
    private readonly byLines: boolean,
  ) {}

  /** @param chunk is copied */
  push(target: 1 | 2, chunk: Uint8Array): void {
    if (target === 1) this.received += chunk.length;
    const rest = this.rests[target];
    const newline = this.byLines ? chunk.lastIndexOf(NEWLINE) : chunk.length - 1;
    const long = newline < 0 && rest.length + chunk.length > LONGEST_LINE;
    const end = long ? chunk.length : newline + 1;
    if (end > 0) this.write(target, concat([rest, chunk.subarray(0, end)]));
    this.rests[target] = concat([end > 0 ? EMPTY : rest, chunk.subarray(end)]);
  }

  /** Its last output, even without a newline. */
  finish(): void {
    for (const target of [1, 2] as const) {
      if (this.rests[target].length > 0) this.write(target, this.rests[target]);
      this.rests[target] = EMPTY;
    }
  }

  private write(target: 1 | 2, bytes: Uint8Array): void {
    const shown = this.tag ? tagLines(bytes, this.tag, false) : bytes;
    this.writer.push({ target, bytes: shown, of: this.whole });
  }
}
