import { LineSplitter } from "../base/line_splitter.ts";

/** A line and who wrote it. */
export interface Line {
  readonly pid: number;
  readonly text: string;
}

const decoder = new TextDecoder();

/** Makes lines of pieces: several processes write to the same socket, each for itself. */
export class SocketLines {
  private readonly writers = new Map<number, LineSplitter>();

  /** @returns the lines that the piece completes */
  take(pid: number, bytes: Uint8Array): Line[] {
    const writer = this.writers.getOrInsertComputed(pid, () => new LineSplitter());
    return told(pid, writer.take(bytes));
  }

  /** What was begun and not ended by a newline. */
  rest(): Line[] {
    return [...this.writers].flatMap(([pid, writer]) => told(pid, writer.end()));
  }
}

function told(pid: number, lines: readonly Uint8Array[]): Line[] {
  return lines.map((line) => ({ pid, text: decoder.decode(line) }));
}
