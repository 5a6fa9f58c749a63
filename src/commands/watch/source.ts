import { formatDuration } from "../../base/duration.ts";
import { ImpError } from "../../base/errors.ts";
import { findOwner } from "../../daemon/owner.ts";
import { type KeptPlace, keptPlace } from "../../keeper/home.ts";
import { listableNames } from "../../keeper/kept_names.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import type { ObservedDaemon } from "../../keeper/observe/observed.ts";
import { endOfRun } from "../../keeper/observe/words.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import { libc } from "../../libc/calling/load.ts";
import type { Credentials } from "../../libc/users/credentials.ts";
import { isLogWatched } from "../../logs/book.ts";
import type { DaemonSource, WatchedDaemon } from "../../logs/watch/watched_daemon.ts";
import type { TerminalStory } from "../../logs/terminal/story.ts";
import { SIGUSR1 } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { bootId } from "../../procfs/boot.ts";
import { signalProcess } from "../../termination/identity.ts";

/** The kept daemons of a home whose logs need watching. */
export function keptDaemonSource(home: string): DaemonSource {
  let known = new Map<string, readonly WatchedDaemon[]>();
  return {
    home,
    directories: () => [
      home,
      `${home}/daemons`,
      ...listableNames(home).map((name) => keptPlace(home, name).directory),
    ],
    daemons: (changed) => {
      const boot = bootId();
      const before = known;
      known = new Map(
        listableNames(home).map((name) => {
          const place = keptPlace(home, name);
          const { directory } = place;
          const same = changed && !changed.has(directory) ? before.get(directory) : undefined;
          return [directory, same ?? look(place, boot)];
        }),
      );
      return [...known.values()].flat();
    },
  };
}

/** This process should stay small: after this many looks, it returns the memory they used. */
const LOOKS_OF_GARBAGE = 4;
let looks = 0;

function look(place: KeptPlace, boot: string | undefined): readonly WatchedDaemon[] {
  // Most daemons write to their logs themselves.
  if (!isLogWatched(place.directory)) return [];
  if (++looks % LOOKS_OF_GARBAGE === 0) runtime.collectGarbage();
  const daemon = observeKept(place, boot);
  return daemon.settings ? watched(daemon, daemon.settings) : [];
}

function watched(daemon: ObservedDaemon, settings: KeptSettings): WatchedDaemon[] {
  const { name, directory, program } = daemon;
  try {
    return [{
      place: { name, directory, log: settings.log, user: userOf(settings) },
      runs: program !== undefined || daemon.acting !== undefined,
      signal: (number) => {
        if (program && number > 0) signalProcess(program, number);
      },
      ...settings.log.terminal ? { story: storyOf(daemon) } : {},
      wakeKeeper: () => {
        const waiter = daemon.acting;
        if (waiter) signalProcess(waiter, SIGUSR1);
      },
    }];
  } catch (error) {
    // Its user no longer exists.
    if (error instanceof ImpError) return [];
    throw error;
  }
}

/** From its records, written by its keeper. */
function storyOf({ name, phase, program, state }: ObservedDaemon): TerminalStory {
  const run = state?.runs.at(-1);
  const { nextStartAt } = state ?? {};
  const next = phase === "waiting" && nextStartAt !== undefined
    ? `it is started again in ${formatDuration(Math.max(0, nextStartAt - Date.now()))}`
    : undefined;
  return {
    name,
    pid: program?.pid,
    ...run ? { lastEnd: { at: run.endedAt, text: endOfRun(run) } } : {},
    ...next === undefined ? {} : { next },
  };
}

/** The user as whom its log is opened, if not imp's own. */
function userOf({ user }: KeptSettings): Credentials | undefined {
  if (user === undefined || libc("geteuid").geteuid() !== 0) return undefined;
  return findOwner(user);
}
