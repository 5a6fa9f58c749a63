import { readSome } from "../../libc/descriptors/files.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { concat, EMPTY } from "../bytes.ts";
import type { OutputWriter } from "../writer.ts";
import type { Worker } from "./worker.ts";

const NEWLINE = 10;
/** What has no newline for so long goes on as it is. */
const LONGEST_LINE = 1 << 20;

/** Passes on what workers write to stderr, by whole lines. */
export class Relay {
  private readonly rests = new Map<number, Uint8Array>();

  constructor(private readonly writer: OutputWriter) {}

  /** @returns false at its end */
  read(worker: Worker): boolean {
    const { stderr } = worker.pipes;
    const chunk = readSome(stderr);
    if (typeof chunk === "number") return true;
    if (chunk.length === 0) return false;
    const rest = this.rests.get(stderr) ?? EMPTY;
    const newline = chunk.lastIndexOf(NEWLINE);
    const whole = newline >= 0 || rest.length > LONGEST_LINE;
    const end = newline >= 0 ? newline + 1 : whole ? chunk.length : 0;
    if (whole) this.push(concat([rest, chunk.subarray(0, end)]));
    this.rests.set(stderr, whole ? chunk.slice(end) : concat([rest, chunk]));
    return true;
  }

  /** The worker has ended: its last words, also without a newline. */
  finish(worker: Worker): void {
    const { stderr } = worker.pipes;
    for (let left = unreadBytes(stderr); left > 0 && this.read(worker); left -= 1 << 16);
    const rest = this.rests.get(stderr);
    if (rest && rest.length > 0) this.push(concat([rest, new Uint8Array([NEWLINE])]));
    this.rests.delete(stderr);
  }

  private push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.writer.push({ target: 2, bytes });
  }
}
