// Pure: how large a terminal is that several look at.
import type { WindowSize } from "../../libc/descriptors/tty.ts";

/** What all of them can show; undefined when nobody is there, and it stays as it was. */
export function commonSize(sizes: readonly WindowSize[]): WindowSize | undefined {
  if (sizes.length === 0) return undefined;
  return {
    rows: Math.min(...sizes.map(({ rows }) => rows)),
    columns: Math.min(...sizes.map(({ columns }) => columns)),
  };
}
