import { mayNeedWatch } from "../../logs/write/mode.ts";
import { isProbedOften } from "../health/kept_health.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { TurnRecords } from "./turn_records.ts";

// A turn's work on logs; loaded when needed.

/** How many last lines of its log are kept for each run. */
const LINES_OF_RUN = 10;

/** The last lines written by a program that started then and has ended, including what is still in a pipe. */
export async function linesOfRun(
  { directory }: KeptPlace,
  settings: KeptSettings,
  startedAt = 0,
): Promise<string[]> {
  const { log } = settings;
  const user = settings.user === undefined
    ? undefined
    : (await import("./turn_user.ts")).readerOfKept(settings);
  const place = { directory, log, user };
  // The next start should not wait for more than that.
  if (!mayNeedWatch(log)) {
    return (await import("./log_tail.ts")).logTail(place, LINES_OF_RUN, startedAt);
  }
  if (log.terminal) (await import("./turn_terminal.ts")).settleTerminal();
  (await import("../../logs/watch/kept_pipes.ts")).settleLogs(place);
  const { lastLines } = await import("../../logs/read/last_lines.ts");
  const lines = lastLines(place, LINES_OF_RUN, startedAt);
  if (!log.terminal) return lines;
  const { withoutSequences } = await import("../../base/terminal_text.ts");
  return lines.map((line) => withoutSequences(line));
}

/** How long to wait after a program's end for its pipe to be read, ms. */
const UNREAD_PATIENCE_MS = 10_000;

/**
 * Whether a program's output is in a pipe held by its keeper, which would lose it by leaving. A stopped reader has it
 * open too, and is not waited for forever.
 */
export async function isLogUnread(
  { directory }: KeptPlace,
  { settings: { log }, state }: TurnRecords,
): Promise<boolean> {
  if (!mayNeedWatch(log)) return false;
  const since = Date.now() - (state.runs.at(-1)?.endedAt ?? 0);
  // The clock may have been set back.
  if (since < 0 || since > UNREAD_PATIENCE_MS) return false;
  const { unreadPipes } = await import("../../logs/watch/kept_pipes.ts");
  return unreadPipes({ directory, log });
}

/** Starts what is needed: turn_logs.ts. */
export async function lookAfterLogs(
  place: KeptPlace,
  page: KeeperPage,
  { log, health }: KeptSettings,
): Promise<void> {
  if (mayNeedWatch(log) || isProbedOften(health)) {
    (await import("./turn_logs.ts")).ensureLogWatch(place, page);
  }
}
