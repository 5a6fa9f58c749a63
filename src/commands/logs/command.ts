import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { isTerminal, styleFor } from "../../cli/output.ts";
import { keeperHome } from "../../keeper/home.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { LinePrinter } from "./printer.ts";
import { LOGS_OPTIONS, type LogsRequest, logsRequest, type LogTime } from "./request.ts";
import { ShownLog, type WantedLines } from "./shown_log.ts";
import { findSources, type LogSource } from "./sources.ts";

export const logsCommand: Command<LogsRequest, typeof LOGS_OPTIONS[number]> = {
  name: "logs",
  usage: ["logs [OPTIONS] [NAME...]"],
  description: [
    "Shows what kept daemons have written: whole lines, each once, across rotated parts and restarts. NAME may be a pattern as in a shell ('web*'), and includes the instances of that name; it may be left out if " +
    "there is only one daemon. With several daemons, each line begins with a name.",
    "Lines of a log have times only with --log-format time or json of imp start. For other logs imp knows their length at certain moments: --since and --until then show a little more than you " +
    "asked for, and say how much.",
  ],
  options: LOGS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp logs web -n 50", says: "its last 50 lines" },
    {
      line: "imp logs -f 'web*' cron",
      says: "what several write from now on, also after restarts",
    },
    { line: "imp logs web --since 10m", says: "those of the last ten minutes" },
    { line: "imp logs --all --json | jq -r .line", says: "for programs (docs/logs.md)" },
  ],
  exits: [
    ["0", "shown"],
    ["1", "no such daemon, or none of them has a log"],
    ["2", "wrong usage"],
  ],
  request: logsRequest,
  run,
};

async function run(request: LogsRequest): Promise<number> {
  const home = keeperHome();
  const { sources, without } = findSources(home, request);
  for (const why of without) warnFitted(`imp logs: ${why}`);
  if (sources.length === 0 && !request.follow) return EXIT.no;
  const now = Date.now();
  const wanted: WantedLines = {
    lines: request.lines,
    since: momentOf(request.since, now),
    until: momentOf(request.until, now),
  };
  const { json, color } = request.display;
  const printer = new LinePrinter({ json, terminal: isTerminal(1), style: styleFor(color) });
  printer.show(sources);
  const shown: ShownLog[] = [];
  let there = 0;
  for (const source of sources) {
    const log = new ShownLog(source, wanted);
    if (log.doubt !== undefined && !request.display.quiet) warnFitted(`imp logs: ${log.doubt}`);
    log.print(printer, !request.follow);
    if (!request.follow) {
      printer.flush();
      there += isThere(source, request) ? 1 : 0;
      log.close();
    } else shown.push(log);
  }
  printer.flush();
  if (!request.follow) return there > 0 ? EXIT.done : EXIT.no;
  const { followLogs } = await import("./follow.ts");
  const find = () => findSources(home, request).sources;
  followLogs({ home, find: () => orNone(find) }, shown, wanted, printer);
  return EXIT.done;
}

/** All of them may be removed while they are followed. */
function orNone(find: () => readonly LogSource[]): readonly LogSource[] {
  try {
    return find();
  } catch {
    return [];
  }
}

function isThere({ name, file }: LogSource, { display }: LogsRequest): boolean {
  if (typeof statPath(file.path) !== "string") return true;
  if (!display.quiet) {
    warnFitted(
      `imp logs: ${name}: ${file.path} does not exist yet; it is created when ${name} starts`,
    );
  }
  return false;
}

function momentOf(time: LogTime | undefined, now: number): number | undefined {
  if (time === undefined) return undefined;
  return "at" in time ? time.at : now - time.agoMs;
}
