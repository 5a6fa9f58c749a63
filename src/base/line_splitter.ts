const NEWLINE = 10;

/** Splits a program's output into whole lines. */
export class LineSplitter {
  private rest = new Uint8Array();

  /** @param longest longer lines are split, so that output without line breaks does not fill memory */
  constructor(private readonly longest = 1 << 16) {}

  /** @returns the lines that are now complete, without line breaks */
  take(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let all = this.rest.length === 0 ? bytes : join(this.rest, bytes);
    for (;;) {
      const end = all.indexOf(NEWLINE);
      const cut = end < 0 || end > this.longest;
      if (cut && all.length <= this.longest) break;
      const to = cut ? this.longest : end;
      lines.push(all.slice(0, to));
      all = all.subarray(cut ? to : to + 1);
    }
    this.rest = all.slice();
    return lines;
  }

  /** The beginning of an incomplete line. */
  get begun(): Uint8Array {
    return this.rest;
  }

  /** The last line, if it has no line break. */
  end(): Uint8Array[] {
    const rest = this.rest;
    this.rest = new Uint8Array();
    return rest.length === 0 ? [] : [rest];
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
