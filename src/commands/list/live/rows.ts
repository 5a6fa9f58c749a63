import { formatDuration } from "../../../base/duration.ts";
import { formatSize } from "../../../base/size.ts";
import { withoutSequences } from "../../../base/terminal_text.ts";
import { keeperHome, keptPlace } from "../../../keeper/home.ts";
import { readSettingsRecord } from "../../../keeper/records/reading.ts";
import { logTail } from "../../../keeper/turn/log_tail.ts";
import { readerOfKept } from "../../../keeper/turn/turn_user.ts";
import { writtenText } from "../../../logs/write/line_format.ts";
import { colorWord, noteText, stateWord, upText } from "../words.ts";
import type { ListedDaemon } from "../words.ts";
import type { LiveRow } from "./layout.ts";
import type { LiveSort } from "./state.ts";

/** Pure. @param now when it was looked at */
export function liveRow({ facts, user, cpuPercent }: ListedDaemon, now: number): LiveRow {
  const { daemon: { name, program, state, phase }, usage } = facts;
  const next = phase === "waiting"
    ? state?.nextStartAt
    : ["scheduled", "running", "starting"].includes(phase)
    ? state?.nextRunAt
    : undefined;
  return {
    name,
    ...user === undefined ? {} : { user },
    state: stateWord(facts),
    color: colorWord(facts),
    pid: program?.pid.toString() ?? "-",
    up: upText(facts, now),
    cpu: cpuPercent === undefined ? "-" : `${cpuPercent.toFixed(cpuPercent < 9.95 ? 1 : 0)}%`,
    memory: usage === undefined ? "-" : formatSize(usage.rssBytes),
    restarts: state?.restarts.toString() ?? "-",
    next: next === undefined ? "-" : brief(next - now),
    note: noteText(facts, now, false),
  };
}

/** Pure. In the requested order; equal ones by name, as they come. */
export function sortedDaemons(
  daemons: readonly ListedDaemon[],
  sort: LiveSort,
): readonly ListedDaemon[] {
  if (sort === "name") return daemons;
  if (sort === "state") {
    const words = new Map(daemons.map((one) => [one, stateWord(one.facts)]));
    return daemons.toSorted((a, b) => words.get(a)! < words.get(b)! ? -1 : 1);
  }
  const amount = ({ facts: { usage, daemon }, cpuPercent }: ListedDaemon) =>
    sort === "cpu"
      ? cpuPercent ?? -1
      : sort === "memory"
      ? usage?.rssBytes ?? -1
      : daemon.state?.restarts ?? -1;
  return daemons.toSorted((a, b) => amount(b) - amount(a));
}

/** Its unique name here: other users' daemons may have the same name. */
export function labelOf({ facts: { daemon: { name } }, user }: ListedDaemon): string {
  return user === undefined ? name : `${user}:${name}`;
}

/** Whether it is one of those that this user's commands mean. */
export function isOwn({ facts: { daemon: { name, directory } } }: ListedDaemon): boolean {
  return keptPlace(keeperHome(), name).directory === directory;
}

/**
 * The last line of a daemon's log, as text without control sequences; empty if there is none, and for other users'
 * daemons:
 * what they wrote must not lead root there.
 */
export function lastLineOf(listed: ListedDaemon): string {
  if (!isOwn(listed)) return "";
  const { directory } = listed.facts.daemon;
  const settings = readSettingsRecord(directory);
  if (settings.is !== "read") return "";
  const { log } = settings.value;
  const [line = ""] = logTail({ directory, log, user: readerOfKept(settings.value) }, 1, 0);
  return withoutSequences(writtenText(line, log.format) ?? line);
}

function brief(ms: number): string {
  return formatDuration(Math.max(0, ms)).replace(" ", "");
}
