import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { keptPlace } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { readSettingsRecord } from "../../keeper/records/reading.ts";
import { readerOfKept } from "../../keeper/turn/turn_user.ts";
import { selectNames } from "../../keeper/selection.ts";
import { type LogFile, logFiles } from "../../logs/place.ts";
import type { LogSettings } from "../../logs/settings.ts";
import type { LogsRequest } from "./request.ts";

/** One file to be shown. */
export interface LogSource {
  readonly name: string;
  readonly directory: string;
  readonly log: LogSettings;
  readonly file: LogFile;
}

export interface LogSources {
  readonly sources: readonly LogSource[];
  /** Which logs cannot be shown, and why, in sentences. */
  readonly without: readonly string[];
}

/** The requested logs; without a name, those of the only daemon. @throws ImpError, exit 1 */
export function findSources(home: string, request: LogsRequest): LogSources {
  const names = keptNames(home);
  const { words, all } = request;
  if (words.length === 0 && !all && names.length !== 1) {
    throw new ImpError({
      action: "show",
      object: "a log",
      why: names.length === 0 ? "there is no kept daemon" : "there are several daemons",
      hint: names.length === 0
        ? "imp start makes one"
        : `name one or more, or give --all: ${shown(names)}`,
      exit: EXIT.no,
    });
  }
  const chosen = selectNames({ words, all: all || words.length === 0 }, names);
  if (chosen.unknown.length > 0 && !(request.follow && chosen.names.length > 0)) {
    throw new ImpError({
      action: "show",
      object: `the log of '${chosen.unknown[0]}'`,
      why: "no kept daemon has that name",
      hint: names.length > 0 ? `there are: ${shown(names)}` : "there is no kept daemon",
      exit: EXIT.no,
    });
  }
  const without: string[] = [];
  const sources = chosen.names.flatMap((name) => sourcesOf(home, name, request, without));
  return { sources, without };
}

const MOST_SHOWN = 10;

function shown(names: readonly string[]): string {
  const more = names.length > MOST_SHOWN ? ` and ${names.length - MOST_SHOWN} more` : "";
  return names.slice(0, MOST_SHOWN).join(", ") + more;
}

function sourcesOf(
  home: string,
  name: string,
  { stderrOnly }: LogsRequest,
  without: string[],
): LogSource[] {
  const { directory } = keptPlace(home, name);
  const settings = readSettingsRecord(directory);
  if (settings.is !== "read") {
    // It is being created or removed.
    if (settings.is !== "missing") without.push(`${name}: its settings cannot be read`);
    return [];
  }
  const { log } = settings.value;
  if (log.target === "syslog") {
    without.push(`${name}: its output goes to syslog: journalctl -t ${name}, or /var/log/syslog`);
    return [];
  }
  const files = logFiles(log, readerOfKept(settings.value)).filter(({ stream }) =>
    !stderrOnly || stream === "stderr"
  );
  if (files.length === 0) {
    without.push(
      stderrOnly && log.stdout !== undefined
        ? `${name}: stderr goes to the same log as stdout`
        : `${name}: it has no log`,
    );
  }
  return files.map((file) => ({ name, directory, log, file }));
}
