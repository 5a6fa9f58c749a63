import { nap } from "../libc/time.ts";
import { debug } from "../base/diagnostics.ts";
import { signalName } from "../libc/processes/signals.ts";
import { runtime } from "../runtime/mod.ts";
import { lookOnce, lookWell, type Sighting } from "./look.ts";
import {
  firstTerminationState,
  type LookFinding,
  nextTerminationStep,
  type StopSchedule,
  type TerminationState,
} from "./schedule.ts";
import type { Belonging, Kin, Look } from "./scope.ts";
import { Asking } from "./signal_tree.ts";

/** What else is known about a tree that is ended. */
export interface TerminationOptions {
  /** When the first step is taken, here and elsewhere on the clock of runtime.now(); usually at once. */
  readonly due?: number;
  /** Asked when a look has found nobody: false if somebody is known to be there all the same. */
  readonly isProven?: () => boolean;
  /** Asked when a look has found nobody: who is there all the same. */
  readonly hidden?: (processes: Look) => readonly Kin[];
}

/**
 * Ends a tree of processes by a schedule and proves that none is left: the thin part around the table in schedule.ts.
 * For loops that do other things meanwhile: they call it when `due` has come or a child has ended.
 */
export class Termination {
  private state: TerminationState;
  private survivors: readonly Kin[] = [];
  private stubborn: readonly Kin[] = [];
  private asking: Asking | undefined;
  private readonly refusals = new Set<string>();

  /** @param belonging who is ended */
  constructor(
    private readonly belonging: Belonging,
    private readonly schedule: StopSchedule,
    private readonly options: TerminationOptions = {},
  ) {
    this.state = firstTerminationState(options.due ?? runtime.now());
  }

  /** Goes to KILL at once. */
  hurry(now: number): void {
    this.state = nextTerminationStep(this.state, { type: "hurry", now }, this.schedule).state;
  }

  /** Nobody could act for so many milliseconds. */
  postpone(ms: number): void {
    this.state = nextTerminationStep(this.state, { type: "postpone", ms }, this.schedule).state;
  }

  /**
   * @param processes the result of a look at /proc just now, for callers that end several trees at a time; without it,
   * looks as often as needed to be sure
   * @returns whether it is over: nobody is left, or nobody who can be ended
   * @throws ImpError if /proc cannot be listed
   */
  advance(now: number, processes?: Look): boolean {
    const { belonging } = this;
    const sighting = this.uncovered(
      processes ? lookOnce(belonging, processes) : lookWell(belonging),
    );
    this.survivors = sighting.members;
    const event = { type: "look", now, found: this.found(sighting) } as const;
    const { state, action } = nextTerminationStep(this.state, event, this.schedule);
    this.state = state;
    if (action.do === "signal") {
      const { signal } = action;
      debug("termination", `sending ${signalName(signal)}`, { processes: this.survivors.length });
      this.asking = new Asking(signal);
      if (state.phase === "killing" && state.kills === 1) this.stubborn = sighting.members;
    }
    if (action.do !== "nothing") this.ask(sighting);
    return state.phase === "over";
  }

  /** A small one of those that the look did not show: they are signalled before they are gone again. */
  private uncovered(sighting: Sighting): Sighting {
    const { scope, processes, members } = sighting;
    if (members.length > 0 || scope.unseen !== undefined) return sighting;
    const hidden = this.options.hidden?.(processes) ?? [];
    if (hidden.length === 0) return sighting;
    const shown = new Map(hidden.map((kin) => [kin.pid, kin]));
    return { scope: { single: hidden }, processes: shown, members: hidden };
  }

  private found({ scope, members }: Sighting): LookFinding {
    if (scope.unseen !== undefined) return "known";
    if (members.length === 0) return this.options.isProven?.() === false ? "unproven" : "nobody";
    if (members.length === this.refused.length) return "refused";
    return members.every((kin) => this.asking?.has(kin)) ? "known" : "newcomers";
  }

  private ask(sighting: Sighting): void {
    const reach = this.asking?.ask(sighting);
    for (const kin of reach?.refused ?? []) this.refusals.add(nameOf(kin));
  }

  /** The latest time to call {@link advance}. */
  get due(): number {
    return this.state.phase === "over" ? Infinity : this.state.lookAt;
  }

  /** It is over, and somebody is left who cannot be ended. */
  get isGivenUp(): boolean {
    return this.state.phase === "over" && !this.state.empty;
  }

  /** Who was there at the last look. */
  get left(): readonly Kin[] {
    return this.survivors;
  }

  /** Those that ignored the steps and got the first KILL, ended or not. */
  get killed(): readonly Kin[] {
    return this.stubborn;
  }

  /** Those left that we may not signal: other users'. */
  get refused(): readonly Kin[] {
    return this.survivors.filter((kin) => this.refusals.has(nameOf(kin)));
  }
}

const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 50;
/** With 10 ms between them. */
const MOST_BLOCKING_KILLS = 20;

/**
 * For callers with nothing else to do meanwhile: advances until it is over. Yields the milliseconds to wait each time.
 */
export function* untilOver(termination: Termination): Generator<number> {
  for (
    let pause = FIRST_PAUSE_MS;
    !termination.advance(runtime.now());
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
  ) yield Math.min(pause, Math.max(FIRST_PAUSE_MS, termination.due - runtime.now()));
}

/** Advances until it is over, while nothing else happens. @returns false if something does not end */
export function endBlocking(termination: Termination): boolean {
  for (const pause of untilOver(termination)) nap(pause);
  return !termination.isGivenUp;
}

/**
 * Kills what must not stay, while nothing else happens: usually some milliseconds, at most 200.
 * @returns false if something does not end
 */
export function killBlocking(belonging: Belonging): boolean {
  return endBlocking(new Termination(belonging, { steps: [], mostKills: MOST_BLOCKING_KILLS }));
}

/** Kills a tree, until enough looks in a row find nobody. @returns false if something does not end */
export async function killTree(
  belonging: Belonging,
  quietLooks: number,
  meanwhile = () => {},
): Promise<boolean> {
  const termination = new Termination(belonging, { steps: [], quietLooks });
  for (const pause of untilOver(termination)) {
    meanwhile();
    await runtime.sleep(pause);
  }
  return !termination.isGivenUp;
}

function nameOf({ pid, startTicks }: Kin): string {
  return `${pid} ${startTicks}`;
}
