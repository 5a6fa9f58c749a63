import { runtime } from "../../runtime/mod.ts";

/** What to do when a program comes to its end. */
export interface EndRule {
  /** Rules with lower numbers come first. */
  readonly order: number;
  /**
   * The event loop has nothing left to wait for. @returns what is being done about it, or undefined if nothing is. It
   * must keep the loop alive itself.
   */
  idle?(): Promise<void> | undefined;
  /** The process ends now: only what needs no event loop can be done. May be called twice. */
  exit?(): void;
}

/** Processes are waited for first; the end is reported to others last. */
export const ORDER = { processes: 1, target: 2, ports: 3 } as const;

const rules: EndRule[] = [];
let pending = false;

/** Adds a rule for the end of this program. */
export function addEndRule(rule: EndRule): void {
  if (rules.length === 0) runtime.onIdle(idle);
  rules.push(rule);
  rules.sort((a, b) => a.order - b.order);
  watchErrors();
}

/** To be called from time to time: the rules must know whether the program handles an error itself. */
export function watchErrors(): void {
  if (rules.some(({ exit }) => exit)) runtime.onExit(exit);
}

/** @returns whether something was begun */
function idle(): boolean {
  // Something is being done, but nothing keeps the loop alive: it would spin for ever.
  if (pending) return false;
  for (const rule of rules) {
    const work = rule.idle?.();
    if (!work) continue;
    pending = true;
    work.finally(() => pending = false);
    return true;
  }
  return false;
}

function exit(): void {
  for (const rule of rules) rule.exit?.();
}
