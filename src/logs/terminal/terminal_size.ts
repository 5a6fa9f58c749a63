// Pure: the size of a terminal that several clients watch.
import type { WindowSize } from "../../libc/descriptors/tty.ts";

/** What all of them can show; undefined if there are none: then it is unchanged. */
export function commonSize(sizes: readonly WindowSize[]): WindowSize | undefined {
  if (sizes.length === 0) return undefined;
  return {
    rows: Math.min(...sizes.map(({ rows }) => rows)),
    columns: Math.min(...sizes.map(({ columns }) => columns)),
  };
}
