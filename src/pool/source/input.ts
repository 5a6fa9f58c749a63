import { ImpError, UsageError } from "../../base/errors.ts";
import { bytesOf, EMPTY, find } from "../bytes.ts";

/** One source's records, as far as they have arrived. */
export interface Records {
  /** The next record; "wait" if more bytes must be read first. */
  take(): Uint8Array | "wait" | "end";
  /** Their total number, if known without reading. */
  readonly count?: number;
}

/** Where records end. */
export interface Boundary {
  /** Length of the separator. */
  readonly length: number;
  /**
   * Where the next record ends, searching from `from`; -1 if not found before `end`. After -1, search again from `end -
   * (length - 1)`.
   */
  find(bytes: Uint8Array, from: number, end: number): number;
}

/** No argument can be nearly as long; a device that never sends the delimiter must not fill memory. */
const LONGEST_RECORD = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Records that end with a newline or another delimiter; the last one may lack it. Carriage returns are kept. */
export function delimiter(bytes: Uint8Array): Boundary {
  if (bytes.length > 1) {
    return {
      length: bytes.length,
      find: (all, from, end) => find(all.subarray(0, end), bytes, from),
    };
  }
  const byte = bytes[0];
  return {
    length: 1,
    find(all, from, end) {
      if (end === all.length) return all.indexOf(byte, from);
      // Behind the end there may be megabytes not yet in use.
      const at = all.subarray(from, end).indexOf(byte);
      return at < 0 ? -1 : from + at;
    },
  };
}

export const LINES = delimiter(new Uint8Array([NEWLINE]));
export const NUL_RECORDS = delimiter(new Uint8Array([0]));

/** Command line words as records. */
export function literals(words: readonly Uint8Array[]): Records {
  let at = 0;
  return { count: words.length, take: () => at < words.length ? words[at++] : "end" };
}

/** Data that has arrived and is not used yet. Views of it stay valid: its memory is never overwritten. */
export class Arrived {
  bytes: Uint8Array = EMPTY;
  /** The part of `bytes` in use: [start, end). Advance the start after use. */
  start = 0;
  end = 0;

  /** Adds more of the stream, copied. */
  push(chunk: Uint8Array): void {
    const rest = this.end - this.start;
    if (this.end + chunk.length > this.bytes.length) {
      // Doubled when the pending record is longer than chunks are, or it would be copied for each of them.
      const room = rest + chunk.length + (rest > chunk.length ? rest : 0);
      const grown = new Uint8Array(room);
      grown.set(this.bytes.subarray(this.start, this.end));
      this.bytes = grown;
      this.start = 0;
      this.end = rest;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }
}

/**
 * Splits a stream into records, however it is chunked. Its records are views of its own memory, which is never
 * overwritten.
 */
export class Splitter implements Records {
  private readonly arrived = new Arrived();
  /** Bytes of the next record already searched for its end. */
  private looked = 0;
  private ended = false;
  private taken = 0;
  /** Known if the source has been read before; see read_ahead.ts. */
  count: number | undefined;

  /** @param name of the source, for errors */
  constructor(
    private readonly boundary: Boundary,
    private readonly name: string,
    private readonly longest: number = LONGEST_RECORD,
  ) {}

  /** Adds bytes of the stream, copied. Take records until "wait" before the next call. */
  push(chunk: Uint8Array): void {
    this.arrived.push(chunk);
  }

  /** The stream has ended. */
  finish(): void {
    this.ended = true;
  }

  /** @throws ImpError if a record is too long */
  take(): Uint8Array | "wait" | "end" {
    const { arrived, boundary } = this;
    const { bytes, start, end } = arrived;
    const at = boundary.find(bytes, start + this.looked, end);
    if (at >= 0) {
      this.taken++;
      this.looked = 0;
      arrived.start = at + boundary.length;
      return bytes.subarray(start, at);
    }
    this.looked = Math.max(0, end - start - boundary.length + 1);
    if (end - start > this.longest) throw this.tooLong();
    if (!this.ended) return "wait";
    if (start === end) return "end";
    this.looked = 0;
    arrived.start = end;
    return bytes.subarray(start, end);
  }

  private tooLong(): ImpError {
    return new ImpError({
      action: "split",
      object: this.name,
      why: `item ${this.taken + 1} is longer than ${this.longest} bytes`,
      hint: "say what ends an item: -0, -d C",
    });
  }
}

/**
 * Parses `-d`: characters, with escapes as in printf(1): `\t`, `\n`, `\0`, `\x1f`, `\037`.
 * @throws UsageError if empty or with an unknown escape
 */
export function parseDelimiter(text: string): Uint8Array {
  const NAMED: Record<string, number> = {
    n: 10,
    t: 9,
    r: 13,
    a: 7,
    b: 8,
    f: 12,
    v: 11,
    "\\": 92,
  };
  const bytes: number[] = [];
  for (const [whole, hex, octal, letter] of text.matchAll(PIECE)) {
    if (hex) bytes.push(parseInt(hex, 16));
    else if (octal) bytes.push(parseInt(octal, 8) & 0xff);
    else if (letter !== undefined && Object.hasOwn(NAMED, letter)) bytes.push(NAMED[letter]);
    else if (whole.startsWith("\\")) throw notDelimiter(text);
    else bytes.push(...bytesOf(whole));
  }
  if (bytes.length === 0) throw notDelimiter(text);
  return new Uint8Array(bytes);
}

const PIECE = /\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})|\\([\s\S]?)|[^\\]+/g;

function notDelimiter(text: string): UsageError {
  return new UsageError(
    `'${text}' is not a delimiter`,
    "write characters, or an escape such as \\t, \\n, \\0 or \\x1f",
  );
}
