// The output of a proof's pools.

/** Which numbers were printed, and how often. */
export class NumbersSeen {
  private readonly seen = new Set<number>();
  again = 0;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.seen.size;
  }

  add(line: string): void {
    const number = Number(line);
    if (!(number >= 1 && number <= this.most)) throw new Error(`printed: ${JSON.stringify(line)}`);
    if (this.seen.has(number)) this.again++;
    this.seen.add(number);
  }
}

/** Whole lines; a line cut off by a kill is ignored. */
export async function lines(
  stream: ReadableStream<Uint8Array>,
  line: (text: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    parts.forEach(line);
  }
}
