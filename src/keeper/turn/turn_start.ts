import { ImpError } from "../../base/errors.ts";
import { nap } from "../../libc/time.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { peakMemory } from "../../procfs/usage.ts";
import { identityOf } from "../../termination/identity.ts";
import { leftRoots, startedBefore } from "./heirs.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { keptVariables } from "./kept_environment.ts";
import type { KeptEvent } from "../policy/kept_event.ts";
import { KEPT_TAG } from "../tree/kept_marks.ts";
import { awaitsReadiness } from "../records/kept_settings.ts";
import { oomKillsNow } from "./oom_kills.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { lookAfterLogs } from "./log_of_run.ts";
import { launchKept } from "./start_program.ts";
import type { TurnEvents } from "./turn_events.ts";
import type { LimitedGroup } from "../limits/kept_limits.ts";
import type { TurnRecords } from "./turn_records.ts";
import type { TurnWork } from "./turn_work.ts";

export interface TurnStart {
  readonly place: KeptPlace;
  readonly page: KeeperPage;
  readonly records: TurnRecords;
  /** Something has happened that comes first: a TERM to the keeper, at a shutdown; or this turn's waiters are gone. */
  readonly isOff: () => boolean;
  readonly events: Pick<TurnEvents, "waitsFor" | "forget">;
  readonly work: () => Promise<TurnWork>;
}

/** A process between fork and exec becomes the program, or ends, ms. */
const EXEC_PATIENCE_MS = 2000;
/** A command that hangs with the lock must not prevent restarts, ms. */
const LOCK_PATIENCE_MS = 1000;

/**
 * Starts the program, or takes the one that an earlier turn started but could not record: the run's id was recorded
 * before, and the program has it in its environment.
 */
export async function startKept(start: TurnStart): Promise<KeptEvent[]> {
  const { place, page, records } = start;
  const { settings, state } = records;
  const before = state.runId === undefined
    ? undefined
    : findStarted(page, `${place.directory}:${state.runId}`);
  if (before) {
    page.program = before.pid;
    return [{ type: "started", program: before }];
  }
  const reason = await start.events.waitsFor();
  if (reason !== undefined) return [{ type: "held", reason }];
  if (settings.hooks.pre) {
    // It may take long, and everybody sees that it is being started.
    records.save();
    const { serial } = records.intent;
    const failure = (await start.work()).runHook("pre");
    if (failure !== undefined) {
      records.read(false);
      const isOff = records.intent.serial !== serial || start.isOff();
      return isOff ? [] : [{ type: "start-failed", reason: failure }];
    }
  }
  const { tryTurnLock } = await import("./turn_lock.ts");
  const lock = tryTurnLock(place, LOCK_PATIENCE_MS);
  try {
    return await startUnderLock(start);
  } finally {
    if (typeof lock === "number") closeFile(lock);
  }
}

/** A later command either finds the program, or it is not started. */
async function startUnderLock(start: TurnStart): Promise<KeptEvent[]> {
  const { records, isOff } = start;
  const { serial } = records.intent;
  records.read(false);
  if (records.intent.serial !== serial || isOff()) return [];
  const runId = newRunId();
  start.events.forget();
  let limited: LimitedGroup | undefined;
  try {
    limited = await limitedGroup(start);
    const { cgroup = limited?.path } = records.state;
    records.state = {
      ...records.state,
      runId,
      ...{ adopted: undefined, watchdogMs: undefined, pendingSince: undefined },
      startedAt: Date.now(),
      oomKills: oomKillsNow(cgroup),
      cgroup,
    };
    records.save();
    const program = await launch(start, runId, limited?.steps);
    records.state = { ...records.state, rssFloorBytes: peakMemory() || undefined };
    return [{ type: "started", program }];
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    const reason = error.hint ? `${error.message}; ${error.hint}` : error.message;
    return [{ type: "start-failed", reason }];
  } finally {
    if (limited) closeFile(limited.descriptor);
  }
}

/** For a daemon with limits: its control group, before it runs. @throws ImpError if there can be none */
async function limitedGroup({ place, records }: TurnStart): Promise<LimitedGroup | undefined> {
  const { settings: { resources }, state: { cgroup } } = records;
  if (!resources) return undefined;
  return (await import("../limits/kept_limits.ts")).prepareLimits(place, cgroup, resources);
}

async function launch(
  { place, page, records, work }: TurnStart,
  runId: string,
  entering: readonly ChildStep[] = [],
): Promise<ProcessIdentity> {
  const { settings } = records;
  const user = settings.environmentFiles.length > 0 && settings.user !== undefined
    ? (await import("./turn_user.ts")).userOfKept(settings)
    : undefined;
  const variables = keptVariables(place, settings, user);
  const socket = await notifyWords(records);
  const readiness = awaitsReadiness(settings)
    ? (await work()).makeReadiness(variables, socket)
    : undefined;
  const tag = `${KEPT_TAG}=${place.directory}:${runId}`;
  const sockets = settings.sockets
    ? (await import("../sockets/in_turn.ts")).socketsOfRun(settings)
    : undefined;
  const pid = await launchKept({
    ...{ place, settings, variables, entering },
    own: [...socket, tag, ...sockets?.words ?? []],
    descriptors: [...sockets?.descriptors ?? [], ...readiness?.descriptors ?? []],
  }).finally(() => sockets?.close());
  page.program = pid;
  await lookAfterLogs(place, page, settings);
  if (readiness) (await work()).started(pid);
  // It is a child of this process: it exists, at least as a zombie.
  return identityOf(pid) ?? { pid, startTicks: 0 };
}

async function notifyWords({ settings }: TurnRecords): Promise<string[]> {
  if (!settings.ready.includes("notify") && settings.watchdogMs === undefined) return [];
  const { keptNotifyVariables, NOTIFY_WATCHED } = await import("../ready/notify.ts");
  const { WAITER_FD } = await import("../waiter/page_layout.ts");
  return keptNotifyVariables(WAITER_FD.watched + NOTIFY_WATCHED, settings.watchdogMs);
}

/** Unique among this daemon's runs. Random numbers would first need initialisation. */
function newRunId(): string {
  return `${Date.now().toString(36)}-${ownPid().toString(36)}`;
}

function findStarted(page: KeeperPage, tag: string): ProcessIdentity | undefined {
  for (let waited = 0;; waited++) {
    const found = startedBefore(leftRoots(page), tag);
    if (found !== "unknown") return found;
    if (waited === EXEC_PATIENCE_MS) return undefined;
    nap(1);
  }
}
