import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { filesOfLog } from "../../logs/read/files_of_log.ts";
import { cutName, partsAmong } from "../../logs/rotate/parts.ts";
import { logFiles } from "../../logs/place.ts";
import { runtime } from "../../runtime/mod.ts";
import { type KeptPlace, keptPlace } from "../home.ts";
import { keptNames } from "../kept_names.ts";
import { removeGroupOf } from "../tree/kept_cgroup.ts";
import { withKeptClaim } from "../records/kept_claim_wait.ts";
import { KeptTree } from "../tree/kept_tree.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { readSettingsRecord } from "../records/reading.ts";
import { moveAway, sweepRemoved } from "../records/remove_records.ts";
import type { StopContext } from "./stop_context.ts";
import { stopKept } from "./stop_kept.ts";
import { isStopDone, type StopOutcome } from "./stop_outcome.ts";
import { readerOfKept } from "../turn/turn_user.ts";

export interface RemoveContext extends StopContext {
  /** Stop it first; otherwise a running one is not removed. */
  readonly stop: boolean;
  /** Also remove its log files. */
  readonly logs: boolean;
}

/** The result of removing one daemon. */
export type RemoveResult =
  /**
   * @field logs removed log files
   * @field kept log files that still exist
   * @field stopped it ran, and was stopped first
   */
  | {
    readonly is: "removed";
    readonly logs: readonly string[];
    readonly kept: readonly string[];
    readonly stopped: boolean;
  }
  | { readonly is: "not stopped"; readonly outcome: StopOutcome }
  | { readonly is: "failed"; readonly error: ImpError };

export type RemoveOutcome = RemoveResult & { readonly name: string };

/** Removes a daemon's records, and its logs if requested, and nothing else. Throws nothing. */
export async function removeKept(place: KeptPlace, context: RemoveContext): Promise<RemoveOutcome> {
  const { name } = place;
  try {
    return { ...await remove(place, context), name };
  } catch (error) {
    if (error instanceof ImpError) return { is: "failed", error, name };
    throw error;
  }
}

async function remove(place: KeptPlace, context: RemoveContext): Promise<RemoveResult> {
  let stopped = false;
  if (context.stop) {
    const outcome = await stopKept(place, context);
    // From within its tree, it would be removed while its keeper is still stopping it.
    if (!isStopDone(outcome) || outcome.is === "left to its keeper") {
      return { is: "not stopped", outcome };
    }
    stopped = outcome.is === "stopped";
  }
  const look = await context.looks.at(runtime.now());
  const settings = await withKeptClaim(place, (observed) => {
    const members = new KeptTree(observed, context.tags).members(look);
    if (observed.program || observed.acting || members.length > 0) {
      throw stillThere(place, (observed.program ?? members[0] ?? observed.acting)?.pid);
    }
    moveAway(place);
    removeGroupOf(place, observed.state?.cgroup);
    return observed.settings;
  });
  sweepRemoved(place);
  const { removed, kept } = settings
    ? removeLogs(place, settings, context.logs)
    : { removed: [], kept: [] };
  return { is: "removed", logs: removed, kept, stopped };
}

function stillThere({ name }: KeptPlace, pid: number | undefined): ImpError {
  return new ImpError({
    action: `remove '${name}'`,
    why: `it is running, pid ${pid}`,
    hint: `imp remove --stop ${name} stops it first`,
    exit: EXIT.no,
  });
}

/** A file that another daemon writes to stays, and so does anything but a regular file. */
function removeLogs(
  place: KeptPlace,
  settings: KeptSettings,
  wanted: boolean,
): { removed: string[]; kept: string[] } {
  const others = wanted ? logsOfOthers(place) : [];
  const removed: string[] = [], kept: string[] = [];
  for (const { path, user } of logFiles(settings.log, readerOfKept(settings))) {
    for (const one of filesOfLog({ stream: "stdout", path, user })) {
      const isShared = others.some((log) => one.path === log || isPartOf(log, one.path));
      const gone = wanted && !isShared && one.remove();
      (gone ? removed : kept).push(one.path);
    }
  }
  return { removed, kept };
}

function logsOfOthers({ home }: KeptPlace): string[] {
  return keptNames(home).flatMap((name) => {
    const other = readSettingsRecord(keptPlace(home, name).directory);
    return other.is === "read" ? logFiles(other.value.log).map(({ path }) => path) : [];
  });
}

function isPartOf(log: string, path: string): boolean {
  if (!path.startsWith(`${log}.`)) return false;
  const [name, part] = [log, path].map((one) => one.slice(log.lastIndexOf("/") + 1));
  return part === cutName(name) || partsAmong([part], name).length > 0;
}
