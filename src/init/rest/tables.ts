// What the machine code does with each signal, and when the program ends, as tables. Touches nothing.
import { SIGCHLD, SIGTERM } from "../../libc/abi.ts";
import { awaitedSignals, forwarded, type GroupPlan, reachesGroup } from "../forwarding.ts";
import type { InitSettings } from "../settings.ts";
import { TERMINAL_STOPS } from "../state.ts";
import { END_RULE, TABLE_BYTES, TO_GROUP } from "./rest_page.ts";

/** What decides it. */
export interface RestSituation {
  readonly settings: Pick<
    InitSettings,
    "rewrites" | "toGroup" | "leftovers" | "stopsOnSignal" | "dieByInterrupt"
  >;
  readonly plan: GroupPlan;
  readonly leadsSession: boolean;
  readonly hasTerminal: boolean;
  readonly isFirst: boolean;
}

/** For each signal what the program gets, {@link TO_GROUP} for its group; 0 for nothing. */
export function forwardingTable(of: RestSituation, byKernel: boolean): Uint8Array {
  const { settings, plan, leadsSession } = of;
  const table = new Uint8Array(TABLE_BYTES);
  for (const number of awaitedSignals()) {
    const to = forwarded({ number, byKernel }, settings.rewrites, plan, leadsSession);
    if (to !== 0) table[number] = to | (reachesGroup(plan, settings.toGroup, to) ? TO_GROUP : 0);
  }
  return table;
}

/** The signals that need imp's decision. */
export function thoughtSignals({ settings }: RestSituation): readonly number[] {
  return settings.stopsOnSignal ? TERMINAL_STOPS : [];
}

/** Bits of {@link END_RULE}. A terminal needs imp: it may have to be taken back. */
export function endRule({ settings, hasTerminal, isFirst }: RestSituation): number {
  if (hasTerminal) return 0;
  const { leftovers, dieByInterrupt } = settings;
  if (leftovers === "ask") return END_RULE.ask;
  if (leftovers === "leave") return END_RULE.leave;
  return END_RULE.alone | (dieByInterrupt && !isFirst ? END_RULE.thinkOfInterrupt : 0);
}

/**
 * Whom the machine code asks to end when the program has ended: a PID, a process group, negative, or -1 for everybody;
 * 0 for nobody.
 */
export function askedAtEnd({ settings, plan, isFirst }: RestSituation, program: number): number {
  const { leftovers, toGroup } = settings;
  if (leftovers === "leave") return 0;
  if (leftovers === "ask") return reachesGroup(plan, toGroup, SIGTERM) ? -program : program;
  if (isFirst) return -1;
  return plan === "shared" ? 0 : -program;
}

/** Signals, or other numbers from 1 on, as a set of 64 bits. */
export function setOfSignals(numbers: Iterable<number>): bigint {
  let set = 0n;
  for (const number of numbers) set |= 1n << BigInt(number - 1);
  return set;
}

export function signalsInSet(set: bigint): number[] {
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => set >> BigInt(n - 1) & 1n);
}

export const CHILD_ONLY = setOfSignals([SIGCHLD]);
