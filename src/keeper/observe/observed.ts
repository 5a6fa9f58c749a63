// What is known of a kept daemon: its records, held against what /proc shows. Pure; observe.ts looks.
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptPhase, KeptState } from "../records/kept_state.ts";
import type { RecordReading } from "../records/reading.ts";

export type RecordName = "settings" | "intent" | "state";

export interface RecordTrouble {
  readonly record: RecordName;
  /** `newer`: a newer imp wrote it, and it is left alone; nothing of what is not read is believed. */
  readonly is: "missing" | "newer" | "damaged" | "unsafe" | "unreadable";
  /** What is wrong, in words; none for what is merely missing. */
  readonly why?: string;
}

/**
 * The phase that the last turn wrote, where /proc agrees. `ended`: the program has ended, and its keeper has not written that down yet;
 * `lost`: it should run, and neither it nor a keeper is there, so that nobody starts it again; `unknown`: no record tells.
 */
export type ObservedPhase = KeptPhase | "ended" | "lost" | "unknown";

/** A process that runs now, neither gone nor a zombie: no other one that was given its PID. */
export interface LivingProcess extends ProcessIdentity {
  readonly ppid: number;
  /** The kernel's letter, where it was looked at: T for one that is stopped. */
  readonly state?: string;
}

export interface ObservedDaemon {
  readonly name: string;
  readonly directory: string;
  readonly settings?: KeptSettings;
  readonly intent?: Intent;
  readonly state?: KeptState;
  /** Records that are not there or cannot be used. Without any record it is no daemon, or was removed: see `exists`. */
  readonly troubles: readonly RecordTrouble[];
  /** There is a record of it, or something of it lives. */
  readonly exists: boolean;
  readonly phase: ObservedPhase;
  /** Its main process. */
  readonly program?: LivingProcess;
  /** The living waiters. A guard whose keeper has been killed acts in its place until the next start. */
  readonly guard?: LivingProcess;
  readonly keeper?: LivingProcess;
  /** Whoever acts for it: the keeper, else the guard. Undefined: nobody, it is `unkept` if it runs. */
  readonly acting?: LivingProcess;
  /** The records were written before the machine was booted: none of their processes is there. */
  readonly rebooted: boolean;
}

/** What a search for waiters of a directory has found. */
export interface FoundWaiters {
  readonly guard?: LivingProcess;
  readonly keeper?: LivingProcess;
  /** From the page that they share with imp; 0 or undefined: none is noted there. */
  readonly program?: number;
}

export interface Evidence {
  readonly name: string;
  readonly directory: string;
  readonly settings: RecordReading<KeptSettings>;
  readonly intent: RecordReading<Intent>;
  readonly state: RecordReading<KeptState>;
  readonly bootId?: string;
  /** Who has that PID now; undefined when nobody has, or a zombie. */
  readonly processOf: (pid: number) => LivingProcess | undefined;
  /** Asked only when the waiters that the state names are not all there. */
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
    phase: evidence.state.is === "missing" && intent && !program && !acting
      ? unbegun(intent)
      : phaseOf(state, program, acting, rebooted ? intent : undefined),
    program,
    guard: waiters.guard,
    keeper: waiters.keeper,
    acting,
    rebooted,
  };
}

/** A search of /proc is made only where the state does not name living ones: after a turn that was killed, or a lost record. */
function livingWaiters(
  guard: LivingProcess | undefined,
  keeper: LivingProcess | undefined,
  state: KeptState | undefined,
  intent: Intent | undefined,
  search: () => FoundWaiters,
): FoundWaiters {
  if (keeper && (guard || !state?.guard)) return { guard, keeper };
  // A start that the state does not know of: its waiters may have begun, and have written nothing yet.
  const isKnown = (intent?.startSerial ?? 0) <= (state?.startSerial ?? 0);
  if (state && !state.guard && !state.keeper && isOver(state.phase) && isKnown) return {};
  const found = search();
  return { ...found, guard: found.guard ?? guard, keeper: found.keeper ?? keeper };
}

/** A turn that was killed midway may have started it without writing that down. */
function programOfPage(
  { program = 0, keeper, guard }: FoundWaiters,
  processOf: (pid: number) => LivingProcess | undefined,
): LivingProcess | undefined {
  const now = program > 0 ? processOf(program) : undefined;
  const parents = [keeper?.pid, guard?.pid];
  return now && parents.includes(now.ppid) ? now : undefined;
}

/**
 * What it does, by its records and by who lives.
 * @param sinceBoot what is wanted, where the machine was booted since its records were written
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
    // A shutdown of the machine has stopped it, by a signal to its keeper; its owner has not.
    if (phase === "stopped" && sinceBoot.atBoot !== false) return "lost";
  }
  if (isOver(phase)) return phase;
  if (!acting) return "lost";
  // A keeper that has just begun writes the PID down a moment later.
  return isAtRest(phase) || !state.program ? phase : "ended";
}

/** No program is to run now, and its keepers stay. */
export function isAtRest(phase: KeptPhase): boolean {
  return ["waiting", "scheduled", "listening", "watching", "pending"].includes(phase);
}

/** The command that started it was killed after it had written down what is wanted: no keeper has ever written a state. */
function unbegun({ wanted }: Intent): ObservedPhase {
  return wanted === "run" ? "lost" : "stopped";
}

/** It runs, and nobody would notice its end. */
export function isUnkept({ program, acting }: ObservedDaemon): boolean {
  return program !== undefined && acting === undefined;
}

/** Nobody is to start it, and no keeper stays for it. */
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
