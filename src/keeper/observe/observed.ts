// What is known of a kept daemon: its records compared with /proc. Pure; observe.ts looks.
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptPhase, KeptState } from "../records/kept_state.ts";
import type { RecordReading } from "../records/reading.ts";

export type RecordName = "settings" | "intent" | "state";

export interface RecordTrouble {
  readonly record: RecordName;
  /** `newer`: a newer imp wrote it, and it is left alone; a record that cannot be read is not trusted. */
  readonly is: "missing" | "newer" | "damaged" | "unsafe" | "unreadable";
  /** What is wrong, in words; none if it is merely missing. */
  readonly why?: string;
}

/**
 * The phase written by the last turn, if /proc agrees. `ended`: the program has ended, and its keeper has not recorded
 * that yet; `lost`: it should run, but neither it nor a keeper exists, so nobody restarts it; `unknown`: no record
 * says.
 */
export type ObservedPhase = KeptPhase | "ended" | "lost" | "unknown";

/** A process running now, not a zombie, and not another one with a reused PID. */
export interface LivingProcess extends ProcessIdentity {
  readonly ppid: number;
  /** The kernel's letter, if examined: T for stopped. */
  readonly state?: string;
}

export interface ObservedDaemon {
  readonly name: string;
  readonly directory: string;
  readonly settings?: KeptSettings;
  readonly intent?: Intent;
  readonly state?: KeptState;
  /** Records that are missing or unusable. Without any record it is not a daemon, or was removed: see `exists`. */
  readonly troubles: readonly RecordTrouble[];
  /** There is a record of it, or something of it runs. */
  readonly exists: boolean;
  readonly phase: ObservedPhase;
  /** Its main process. */
  readonly program?: LivingProcess;
  /** The running waiters. A guard whose keeper was killed acts in its place until the next start. */
  readonly guard?: LivingProcess;
  readonly keeper?: LivingProcess;
  /** Who acts for it: the keeper, else the guard. Undefined: nobody; if it runs, it is `unkept`. */
  readonly acting?: LivingProcess;
  /** The records are from before the last boot: none of their processes exists. */
  readonly rebooted: boolean;
}

/** The result of searching a directory's waiters. */
export interface FoundWaiters {
  readonly guard?: LivingProcess;
  readonly keeper?: LivingProcess;
  /** From the page that they share with imp; 0 or undefined: none. */
  readonly program?: number;
}

export interface Evidence {
  readonly name: string;
  readonly directory: string;
  readonly settings: RecordReading<KeptSettings>;
  readonly intent: RecordReading<Intent>;
  readonly state: RecordReading<KeptState>;
  readonly bootId?: string;
  /** Who has that PID now; undefined if nobody, or a zombie. */
  readonly processOf: (pid: number) => LivingProcess | undefined;
  /** Called only if the waiters in the state do not all exist. */
  readonly search: () => FoundWaiters;
}

/** What records and /proc together say. */
export function judgeKept(evidence: Evidence): ObservedDaemon {
  const { name, directory, bootId, processOf } = evidence;
  const settings = valueOf(evidence.settings);
  const intent = valueOf(evidence.intent);
  const state = valueOf(evidence.state);
  const rebooted = state !== undefined && bootId !== undefined && state.bootId !== bootId;
  const noted = rebooted ? undefined : state;
  const living = (identity?: ProcessIdentity) => {
    const now = identity && processOf(identity.pid);
    return now?.startTicks === identity?.startTicks ? now : undefined;
  };
  const waiters = livingWaiters(
    living(noted?.guard),
    living(noted?.keeper),
    noted,
    intent,
    evidence.search,
  );
  const program = living(noted?.program) ?? programOfPage(waiters, processOf);
  const acting = waiters.keeper ?? waiters.guard;
  const troubles = troublesOf(evidence);
  return {
    name,
    directory,
    settings,
    intent,
    state,
    troubles,
    exists: troubles.some(({ is }) => is !== "missing") || troubles.length < 3 ||
      acting !== undefined,
    phase: evidence.state.is === "missing" && intent && !program
      ? unbegun(intent, acting)
      : phaseOf(state, program, acting, rebooted ? intent : undefined),
    program,
    guard: waiters.guard,
    keeper: waiters.keeper,
    acting,
    rebooted,
  };
}

/** /proc is searched only if the state names no running ones: after a turn was killed, or a record was lost. */
function livingWaiters(
  guard: LivingProcess | undefined,
  keeper: LivingProcess | undefined,
  state: KeptState | undefined,
  intent: Intent | undefined,
  search: () => FoundWaiters,
): FoundWaiters {
  if (keeper && (guard || !state?.guard)) return { guard, keeper };
  // A start unknown to the state: its waiters may have begun without having written anything yet.
  const isKnown = (intent?.startSerial ?? 0) <= (state?.startSerial ?? 0);
  if (state && !state.guard && !state.keeper && isOver(state.phase) && isKnown) return {};
  const found = search();
  return { ...found, guard: found.guard ?? guard, keeper: found.keeper ?? keeper };
}

/** A turn that was killed midway may have started it without recording that. */
function programOfPage(
  { program = 0, keeper, guard }: FoundWaiters,
  processOf: (pid: number) => LivingProcess | undefined,
): LivingProcess | undefined {
  const now = program > 0 ? processOf(program) : undefined;
  const parents = [keeper?.pid, guard?.pid];
  return now && parents.includes(now.ppid) ? now : undefined;
}

/**
 * What it is doing, according to its records and running processes.
 * @param sinceBoot what is wanted, if the machine was booted since its records were written
 */
export function phaseOf(
  state: KeptState | undefined,
  program: LivingProcess | undefined,
  acting: LivingProcess | undefined,
  sinceBoot?: Pick<Intent, "wanted" | "atBoot">,
): ObservedPhase {
  if (!state) return program ? "running" : "unknown";
  const { phase } = state;
  if (program) return phase === "starting" || phase === "stopping" ? phase : "running";
  if (sinceBoot?.wanted === "run" && !acting) {
    if (sinceBoot.atBoot === false && !isOver(phase)) return "stopped";
    // A shutdown stopped it, by a signal to its keeper; its owner did not.
    if (phase === "stopped" && sinceBoot.atBoot !== false) return "lost";
  }
  if (isOver(phase)) return phase;
  if (!acting) return "lost";
  // A keeper that has just begun writes the PID a moment later.
  return isAtRest(phase) || !state.program ? phase : "ended";
}

/** No program should run now, and its keepers stay. */
export function isAtRest(phase: KeptPhase): boolean {
  return ["waiting", "scheduled", "listening", "watching", "pending"].includes(phase);
}

/**
 * No keeper has written a state: its first turn is under way, or the command that started it was killed after recording
 * the intent.
 */
function unbegun({ wanted }: Intent, acting: LivingProcess | undefined): ObservedPhase {
  if (wanted === "stop") return acting ? "stopping" : "stopped";
  return acting ? "starting" : "lost";
}

/** It runs, and nobody would notice its end. */
export function isUnkept({ program, acting }: ObservedDaemon): boolean {
  return program !== undefined && acting === undefined;
}

/** Nobody should start it, and no keeper stays for it. */
export function isOver(phase: ObservedPhase): boolean {
  return phase === "stopped" || phase === "finished" || phase === "failed";
}

function valueOf<T>(reading: RecordReading<T>): T | undefined {
  return reading.is === "read" ? reading.value : undefined;
}

function troublesOf({ settings, intent, state }: Evidence): RecordTrouble[] {
  const readings = Object.entries({ settings, intent, state }) as [
    RecordName,
    RecordReading<unknown>,
  ][];
  return readings.flatMap(([record, reading]): RecordTrouble[] => {
    switch (reading.is) {
      case "read":
        return [];
      case "missing":
        return [{ record, is: "missing" }];
      case "newer":
        return [{ record, is: "newer", why: `its schema is ${reading.schema}; use that imp` }];
      case "damaged":
        return [{ record, is: "damaged", why: reading.why }];
      case "unsafe":
        return [{ record, is: "unsafe", why: "others may write to its directory: chmod go-w" }];
      case "unreadable":
        return [{ record, is: "unreadable", why: reading.errno }];
    }
  });
}
