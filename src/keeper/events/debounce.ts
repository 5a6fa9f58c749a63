// Pure: when a change is acted upon. A storm of them is one; what is written meanwhile is waited for, but not for ever.
import type { KeptChanges } from "../records/kept_state.ts";

/** However often something changes, ms; longer where a longer time without a change is asked for. */
const LONGEST_MS = 5000, LONGEST_TIMES = 4;
/** Where only what is ignored changes, pauses between two looks, ms. */
const FIRST_IDLE_MS = 50, LONGEST_IDLE_MS = 1000;

/** What a look has found. @field any something has happened at all */
export interface ChangeFinding {
  readonly any: boolean;
  readonly changed?: string;
}

/** Until then nobody looks, whatever happens. */
export function isResting({ lookAt }: KeptChanges, now: number, debounceMs: number): boolean {
  // The clock may have been set back.
  return lookAt !== undefined && now < lookAt && lookAt - now <= longest(debounceMs);
}

/** @returns what is kept, and the path of a change that is to be acted upon now */
export function afterLook(
  before: KeptChanges,
  { any, changed }: ChangeFinding,
  debounceMs: number,
  now: number,
): { readonly changes: KeptChanges; readonly due?: string } {
  const { pending: had, idle = 0, lookAt: _, ...rest } = before;
  const pending = had ?? (changed === undefined ? undefined : { path: changed, since: now });
  if (pending) {
    const end = pending.since + longest(debounceMs);
    const late = now >= end || now < pending.since;
    if (changed !== undefined && !late) {
      return { changes: { ...rest, pending, lookAt: Math.min(now + debounceMs, end) } };
    }
    return { changes: rest, due: pending.path };
  }
  if (!any) return { changes: rest };
  const pause = Math.min(LONGEST_IDLE_MS, FIRST_IDLE_MS * 2 ** Math.min(idle, 10));
  return { changes: { ...rest, idle: idle + 1, lookAt: now + pause } };
}

function longest(debounceMs: number): number {
  return Math.max(LONGEST_MS, LONGEST_TIMES * debounceMs);
}
