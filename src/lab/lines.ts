/** A line and who wrote it. */
export interface Line {
  readonly pid: number;
  readonly text: string;
}

/** Makes lines of pieces: several processes write to the same socket, each for itself. */
export class SocketLines {
  private readonly open = new Map<number, { text: string; decoder: TextDecoder }>();

  /** @returns the lines that the piece completes */
  take(pid: number, bytes: Uint8Array): Line[] {
    const writer = this.open.get(pid) ?? { text: "", decoder: new TextDecoder() };
    this.open.set(pid, writer);
    const pieces = (writer.text + writer.decoder.decode(bytes, { stream: true })).split("\n");
    writer.text = pieces.pop()!;
    return pieces.map((text) => ({ pid, text }));
  }

  /** What was begun and not ended by a newline. */
  rest(): Line[] {
    const left = [...this.open].filter(([, { text }]) => text !== "");
    this.open.clear();
    return left.map(([pid, { text }]) => ({ pid, text }));
  }
}
