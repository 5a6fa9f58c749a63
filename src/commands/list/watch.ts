import { nap } from "../../libc/time.ts";
import { formatDuration } from "../../base/duration.ts";
import { canRedraw, print } from "../../cli/output.ts";
import { windowSize } from "../../libc/descriptors/tty.ts";
import type { Listing } from "./collect.ts";
import type { ListedDaemon } from "./words.ts";

// To the upper left corner, over the old content: clearing the screen first would flicker.
const CLEAR = "\x1b[2J", HOME = "\x1b[H", CLEAR_LINE = "\x1b[K", CLEAR_BELOW = "\x1b[J";

/** Shows a listing repeatedly, on a capable terminal each over the previous one, until a signal ends imp. */
export async function repeatListing(
  everyMs: number,
  look: () => Promise<Listing>,
  show: (listing: Listing) => readonly string[],
): Promise<never> {
  const redraws = canRedraw(1);
  let before: Listing | undefined;
  for (;;) {
    const listing = withShares(await look(), before);
    const lines = show(listing);
    if (redraws) {
      print((before ? "" : CLEAR) + screenOf(lines, windowSize(1)?.rows ?? Infinity));
    } else if (lines.length > 0) print(lines.join("\n"));
    before = listing;
    // There is nothing else to do meanwhile.
    nap(everyMs);
  }
}

/** Pure. The part of some lines that fits on a terminal; its last line stays empty, or all would move up. */
export function screenOf(lines: readonly string[], rows: number): string {
  const room = Math.max(1, rows - 1);
  const shown = lines.length <= room
    ? lines
    : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`;
}

/** Pure. With the CPU time between two listings, for those that were in both with the same main process. */
export function withShares(now: Listing, before: Listing | undefined): Listing {
  const elapsed = now.at - (before?.at ?? now.at);
  if (!before || elapsed <= 0) return now;
  const known = new Map(before.daemons.map((one) => [keyOf(one), one.facts.usage?.cpuMs]));
  return {
    ...now,
    daemons: now.daemons.map((one) => {
      const used = known.get(keyOf(one));
      const { usage } = one.facts;
      if (used === undefined || !usage) return one;
      // Less than before: a process of the tree has ended, and its time with it.
      return { ...one, cpuPercent: Math.max(0, usage.cpuMs - used) / elapsed * 100 };
    }),
  };
}

/** The line above a repeated listing. */
export function watchHeading(everyMs: number, time: string): string {
  return `every ${formatDuration(everyMs)}, ${time}`;
}

function keyOf({ facts: { daemon: { directory, program } } }: ListedDaemon): string {
  return `${directory} ${program?.pid} ${program?.startTicks}`;
}
