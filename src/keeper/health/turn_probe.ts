// Probes by turns, loaded only for daemons with --health.
import { debug } from "../../base/diagnostics.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { ticksPerSecond } from "../../procfs/boot.ts";
import { runtime } from "../../runtime/mod.ts";
import { sessionLedBy } from "../../termination/scope.ts";
import { killBlocking } from "../../termination/termination.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptEvent } from "../policy/kept_event.ts";
import { HOOK_VARIABLE } from "../tree/kept_marks.ts";
import { leftRoots } from "../turn/heirs.ts";
import type { TurnRecords } from "../turn/turn_records.ts";
import type { TurnWork } from "../turn/turn_work.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { ensureLogWatch } from "../turn/turn_logs.ts";
import { uptimeMs } from "../turn/turn_looks.ts";
import { DaemonCheck, type DaemonCheckLook } from "./daemon_check.ts";
import { afterProbe, healthAtReady, isProbedOften, type KeptHealth } from "./kept_health.ts";
import { readToldHealth, writeToldHealth } from "./told_health.ts";

/** A longer probe gives up its place among concurrent turns, ms. */
const SLOT_PATIENCE_MS = 300;

export interface HealthLook {
  readonly place: KeptPlace;
  readonly page: KeeperPage;
  readonly records: TurnRecords;
  readonly work: () => Promise<TurnWork>;
  /** Something has happened that comes first. */
  readonly isOff: () => boolean;
}

interface FoundHealth {
  readonly event?: KeptEvent;
  /** When to look again; Infinity: not before something happens. */
  readonly nextMs: number;
}

export async function probeInTurn(look: HealthLook): Promise<FoundHealth> {
  const { records: { settings, state }, page } = look;
  const { health } = settings;
  if (!health || !state.program) return { nextMs: Infinity };
  // State of an imp that did not know this, or from a page that was too small.
  const before = state.health ?? healthAtReady({ ...health, startMs: undefined }, Date.now())!;
  if (isProbedOften(health)) return { event: told(look, before), nextMs: Infinity };
  const startedAt = state.program.startTicks * 1000 / ticksPerSecond();
  const now = uptimeMs() ?? 0;
  const dueIn = Math.max(page.probedAt, startedAt) + health.everyMs - now;
  if (dueIn > 0) return { nextMs: Math.min(dueIn, health.everyMs) };
  // Recorded first: a probe that kills its turn does not do so again at once.
  page.probedAt = now;
  killLeftProbes(look);
  const verdict = await probe(look, before);
  if (verdict === undefined) page.probedAt = 0;
  return { event: verdict && judged(verdict, state.health), nextMs: verdict ? health.everyMs : 0 };
}

function judged(health: KeptHealth, known: KeptHealth | undefined): KeptEvent | undefined {
  return health === known ? undefined : { type: "judged", health };
}

/** @returns undefined: something else happened first */
async function probe(look: HealthLook, before: KeptHealth): Promise<KeptHealth | undefined> {
  const { records: { settings, state }, place, isOff } = look;
  const { health } = settings;
  const check = new DaemonCheck(
    { place, state, settings: { ...settings, health: health! } },
    runtime.now(),
  );
  const patience = runtime.now() + SLOT_PATIENCE_MS;
  try {
    for (;;) {
      const now = runtime.now();
      const found: DaemonCheckLook = check.look(now);
      if ("well" in found) return afterProbe(before, found, health!.retries, Date.now());
      if ("notMade" in found) {
        debug("keeper", "no probe could be made", { why: found.notMade });
        return before;
      }
      if (isOff()) return undefined;
      // Most servers of this machine have answered by now: code for waiting is loaded for the others.
      const work = await look.work();
      if (now > patience) work.leaveSlot();
      work.children.sleep(Math.min(found.until, Math.max(patience, now + 1)) - now, check.fds);
    }
  } finally {
    check.close();
  }
}

/** Remains of the probe of a killed turn: now a child of a waiter. */
function killLeftProbes({ page, place }: HealthLook): void {
  for (const { pid, startTicks } of leftRoots(page, page.program)) {
    if (readVariable(pid, HOOK_VARIABLE) !== "health") continue;
    debug("keeper", "what a killed turn has left of a probe is killed", { pid, name: place.name });
    killBlocking(sessionLedBy(pid, { pid, startTicks }));
  }
}

/** The result of `imp watch`, which is told which run to probe. */
function told({ place, page, records }: HealthLook, before: KeptHealth): KeptEvent | undefined {
  const { runId } = records.state;
  if (runId === undefined) return undefined;
  const found = readToldHealth(place.directory, runId);
  if (!found) {
    try {
      writeToldHealth(place.directory, { schema: 1, runId, health: before });
    } catch (error) {
      // On a full disk it is told later.
      debug("keeper", "imp watch cannot be told", { error: String(error) });
    }
    ensureLogWatch(place, page);
    return before === records.state.health ? undefined : { type: "judged", health: before };
  }
  const known = records.state.health;
  const isNew = found.state !== known?.state || found.since !== known.since;
  return isNew ? { type: "judged", health: found } : undefined;
}
