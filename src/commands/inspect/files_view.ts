import { printable, shortenMiddle } from "../../cli/printable.ts";
import { wrapText } from "../../cli/table.ts";
import type { ProcessFacts } from "../../inspect/facts.ts";
import type { OpenFile } from "../../procfs/fds.ts";
import type { SignalNames } from "../../inspect/program.ts";

/** How many descriptors beyond 0-2 are listed one by one. */
const MAX_LISTED = 20;
/** Columns for numbers and modes; targets get the rest, and at least this many. */
const OTHERS = 30, LEAST_TARGET = 16;

/** Descriptors as rows of a table, the rest as a count. @param width Infinity: nothing is cut */
export function fileRows({ fds, fdCount }: ProcessFacts, width: number): string[][] {
  const room = Math.max(LEAST_TARGET, width - OTHERS);
  const listed = fds.filter(({ fd, listener }, i) => fd <= 2 || i < MAX_LISTED || listener);
  const rows = listed.map((file) => {
    const { fd, deleted, kind, mode, flags } = file;
    const gone = deleted ? (kind === "terminal" ? " (hung up)" : " (deleted)") : "";
    const how = [mode, ...flags].join(", ");
    return [`    ${fd}`, shortenMiddle(printable(shownTarget(file)), room) + gone, how];
  });
  const more = fdCount - listed.length;
  return more > 0 ? [...rows, [`    + ${more} more`]] : rows;
}

/** The number of a socket means nothing to a reader. */
function shownTarget({ target, listener }: OpenFile): string {
  return listener ? `${listener.protocol} ${listener.address}` : target;
}

export function signalRows(signals: SignalNames, width: number): [string, string][] {
  const { pending, blocked, ignored, caught } = signals;
  const named: [string, readonly string[]][] = [
    ["ignored", ignored],
    ["blocked", blocked],
    ["caught", caught],
    ...(pending.length ? [["pending", pending] as [string, readonly string[]]] : []),
  ];
  return named.flatMap(([name, list]) => {
    const lines = wrapText(ranges(list), width);
    return lines.map((line, i): [string, string] => [i === 0 ? name : "", line]);
  });
}

/** Names in a row; a run of realtime signals becomes one word. */
function ranges(names: readonly string[]): string {
  const realtime = names.filter((name) => name.startsWith("RT"));
  // 32 and 33 belong to the C library, and have no name.
  const rest = names.filter((name) => !name.startsWith("RT"));
  const run = realtime.length > 3 ? [`${realtime[0]}..${realtime.at(-1)}`] : realtime;
  if (rest.length >= 31) return ["all", ...run].join(" ");
  return [...rest, ...run].join(" ") || "none";
}
