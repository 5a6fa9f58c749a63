import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Display } from "../../cli/options.ts";
import { runtime } from "../../runtime/mod.ts";
import { canRedraw, isTerminal, print, printLine, styleFor } from "../../cli/output.ts";
import { wrapText } from "../../cli/table.ts";
import { outputWidth, proseWidth } from "../../cli/width.ts";
import { collect, type Listing } from "./collect.ts";
import { warnOfUnknown } from "./unknown.ts";
import { listedJson } from "./json.ts";
import { LIST_OPTIONS, type ListRequest, listRequest } from "./request.ts";
import { keptListView } from "./view.ts";

export const listCommand: Command<ListRequest, typeof LIST_OPTIONS[number]> = {
  name: "list",
  usage: ["list [OPTIONS] [NAME...]"],
  description: [
    "Lists kept daemons, those of imp start. NAME may be a pattern as in a shell ('web*'), and includes the instances " +
    "of that name. Records say what is wanted and what has happened; whether a process runs, its CPU time and its " +
    "memory are read from the kernel at this moment, for the program and all its descendants.",
    "STATE: starting, running, unhealthy (it runs, but fails its --health probes), stopping, waiting (for the next restart), " +
    "scheduled (until its next time), listening (until a connection), watching (until the next change), pending (until a file or a port exists), stopped (by a command), finished (it has ended, and is " +
    "not to be restarted), failed (imp gave up, or could not start it), unkept (it runs, but nothing would notice its end), ended (its end is not recorded yet), lost (it should run, " +
    "but does not), unknown.",
    "CPU is the time that the running processes have used so far, with --watch their share of one processor since the " +
    "last reading. MEMORY is resident memory; shared pages count for each process.",
  ],
  options: LIST_OPTIONS,
  permute: true,
  examples: [
    { line: "imp list", says: "all kept daemons of this user" },
    { line: "imp list 'web*' --watch", says: "some of them, kept up to date" },
    { line: "sudo imp list --all-users", says: "those of all users" },
    {
      line: "imp list --metrics -o /var/lib/prometheus/node-exporter/imp.prom",
      says: "for the node exporter of Prometheus; on a schedule: docs/list.md",
    },
    {
      line: "imp list --json | jq -r 'select(.well | not) | .name'",
      says: "those that need attention (docs/list.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "listed, even if there are none"],
    ["1", "a NAME matches no daemon"],
    ["125", "they cannot be listed; --all-users without being root"],
  ],
  request: listRequest,
  run: list,
};

async function list(request: ListRequest): Promise<number> {
  const { everyMs, metrics, display: { json, quiet, color } } = request;
  if (metrics) {
    const { writeMetrics } = await import("./write_metrics.ts");
    return writeMetrics(await collect(request), metrics.file);
  }
  if (everyMs === undefined) {
    // It is over before compiled code pays.
    runtime.compileLittle();
    const listing = await collect(request);
    warnOfUnknown(listing);
    if (!quiet && json) showJson(jsonLines(listing));
    else if (!quiet && !isNothingNamed(listing)) print(tableLines(listing, color).join("\n"));
    return listing.unknown.length > 0 ? EXIT.no : EXIT.done;
  }
  if (!json && isTerminal(0) && canRedraw(1)) {
    const { liveListing } = await import("./live/live.ts");
    return await liveListing(everyMs, () => collect(request), styleFor(color));
  }
  const { repeatListing, watchHeading } = await import("./watch.ts");
  const { localTime } = await import("../../libc/time.ts");
  return await repeatListing(
    everyMs,
    () => collect(request),
    (listing) =>
      json
        ? jsonLines(listing)
        : [watchHeading(everyMs, localTime(listing.at)), ...tableLines(listing, color)],
  );
}

function showJson(lines: readonly string[]): void {
  if (lines.length > 0) printLine(lines.join("\n"));
}

function jsonLines({ daemons, at }: Listing): string[] {
  return daemons.map((one) => JSON.stringify(listedJson(one, at)));
}

/** Missing ones have been reported, and others may exist. */
function isNothingNamed({ daemons, unknown }: Listing): boolean {
  return daemons.length === 0 && unknown.length > 0;
}

function tableLines({ daemons, at }: Listing, color: Display["color"]): string[] {
  if (daemons.length === 0) {
    return wrapText("no kept daemons; 'imp start NAME -- PROGRAM' keeps one", proseWidth());
  }
  return keptListView(daemons, at, styleFor(color), outputWidth());
}
