const NEWLINE = 10;

/** A copy of `block` with `tag` before each line. @param begun the first line began in an earlier block */
export function tagLines(block: Uint8Array, tag: Uint8Array, begun: boolean): Uint8Array {
  const last = block.length - 1;
  let lines = begun ? 0 : 1;
  for (let at = block.indexOf(NEWLINE); at >= 0 && at < last; at = block.indexOf(NEWLINE, at + 1)) {
    lines++;
  }
  const tagged = new Uint8Array(block.length + lines * tag.length);
  let to = 0;
  for (let from = 0; from <= last;) {
    if (from > 0 || !begun) {
      tagged.set(tag, to);
      to += tag.length;
    }
    const newline = block.indexOf(NEWLINE, from);
    const end = newline < 0 ? block.length : newline + 1;
    tagged.set(block.subarray(from, end), to);
    to += end - from;
    from = end;
  }
  return tagged;
}

export function endsLine(block: Uint8Array): boolean {
  return block[block.length - 1] === NEWLINE;
}
