// What a turn finds out about its program.
import { nap } from "../../libc/time.ts";
import { pageBytes, ticksPerSecond } from "../../procfs/boot.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { isZombie, type ProcStat, readStat } from "../../procfs/stat.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import { untilIdleLook } from "../sockets/idle.ts";
import { adoptedEnding, endingOfZombie } from "./adopted.ts";
import type { ProgramEnd } from "../policy/run_end.ts";

/** Between its end and its record there are microseconds, if its waiter gets a processor, ms. */
const RECORD_PATIENCE_MS = 200;

/** Its size has no event, ms. */
const MEASURE_EACH_MS = 15_000;

/** Nor has the end of a process whose parent is not a waiter, ms. */
const FOREIGN_EACH_MS = 2000;

/** How the program ended; undefined: it runs, or there is none. */
export type FoundEnd = ProgramEnd & { readonly told: boolean };

/**
 * Looks for the program's end: reported by the waiter or this turn, which has reaped it, or by nobody.
 * @param own what this turn has reaped
 */
export function findEnd(
  { program, runs, adopted }: KeptState,
  page: KeeperPage,
  own: ProgramEnd | undefined,
  settings: Pick<KeptSettings, "ready" | "watchdogMs">,
): FoundEnd | undefined {
  if (!program) return undefined;
  if (own?.pid === program.pid) return { ...own, told: true };
  for (let waited = 0;; waited++) {
    const told = page.ended();
    // A killed turn may have recorded it already, and the PID may have been reused.
    const known = runs.some(({ pid, endedAt }) => pid === told?.pid && endedAt === told.at);
    if (told?.pid === program.pid && !known) return { ...told, told: true };
    const stat = readStat(program.pid);
    const there = stat?.startTicks === program.startTicks;
    if (there && !isZombie(stat)) return undefined;
    if (there && !adopted) {
      // Its waiter is about to reap it, and reports it then.
      if (isChildOfWaiters(stat, page)) return undefined;
      return { pid: program.pid, at: Date.now(), told: false, ending: endingOfZombie(program) };
    }
    if (adopted || page.program !== program.pid || waited === RECORD_PATIENCE_MS) break;
    nap(1);
  }
  const ending = adopted ? adoptedEnding(program, settings) : undefined;
  return { pid: program.pid, at: Date.now(), told: false, ending };
}

/** The waiters learn of its end. */
function isChildOfWaiters({ ppid }: ProcStat, page: KeeperPage): boolean {
  // A turn's children become its waiter's.
  return [page.guard, page.keeper, page.turn].includes(ppid);
}

/** For a running program with a limit on either: its run time and memory. */
export function measureLimited(
  state: KeptState,
  { maxLifetimeMs, maxRssBytes }: Pick<KeptSettings, "maxLifetimeMs" | "maxRssBytes">,
): { ageMs?: number; rssBytes?: number } {
  const isLimited = maxLifetimeMs !== undefined || maxRssBytes !== undefined;
  return isLimited && state.phase === "running" ? measure(state) : {};
}

function measure({ program }: KeptState): { ageMs?: number; rssBytes?: number } {
  const stat: ProcStat | undefined = program && readStat(program.pid);
  if (!stat || stat.startTicks !== program?.startTicks) return {};
  const uptime = uptimeMs();
  return {
    ...uptime === undefined ? {} : { ageMs: uptime - stat.startTicks * 1000 / ticksPerSecond() },
    rssBytes: stat.residentPages * pageBytes(),
  };
}

/** When to look at the running program next, in milliseconds from now. */
export function untilMeasured(
  state: KeptState,
  settings: Pick<KeptSettings, "maxLifetimeMs" | "maxRssBytes" | "onDemand">,
  page: KeeperPage,
): number {
  const { maxLifetimeMs = Infinity, maxRssBytes } = settings;
  const ageMs = maxLifetimeMs === Infinity ? 0 : measure(state).ageMs ?? 0;
  return Math.min(
    maxLifetimeMs - ageMs,
    maxRssBytes === undefined ? Infinity : MEASURE_EACH_MS,
    settings.onDemand ? untilIdleLook(state, settings, uptimeMs() ?? 0) : Infinity,
    state.handedOver && !state.adopted ? untilForeignLook(state, page) : Infinity,
  );
}

/**
 * No waiter learns of the end of a process that has declared itself the program while its own parent goes on: so it is
 * looked at now and then.
 */
function untilForeignLook({ program }: KeptState, page: KeeperPage): number {
  const stat = program && readStat(program.pid);
  return stat && isChildOfWaiters(stat, page) ? Infinity : FOREIGN_EACH_MS;
}

/** Since boot, including suspended time: unaffected by clock changes. */
export function uptimeMs(): number | undefined {
  const text = readTextOrNothing("/proc/uptime");
  return text === undefined ? undefined : Number(text.split(" ")[0]) * 1000;
}
