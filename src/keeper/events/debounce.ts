// Pure: when a change is acted upon. A burst of them counts as one; writes in progress are waited for, but not forever.
import type { KeptChanges } from "../records/kept_state.ts";

/** The maximum delay however often something changes, ms; longer if a longer quiet time is set. */
const LONGEST_MS = 5000, LONGEST_TIMES = 4;
/** If only ignored files change, pauses between two looks, ms. */
const FIRST_IDLE_MS = 50, LONGEST_IDLE_MS = 1000;

/** The result of a look. @field any something has happened at all */
export interface ChangeFinding {
  readonly any: boolean;
  readonly changed?: string;
}

/** No looks until then, whatever happens. */
export function isResting({ lookAt }: KeptChanges, now: number, debounceMs: number): boolean {
  // The clock may have been set back.
  return lookAt !== undefined && now < lookAt && lookAt - now <= longest(debounceMs);
}

/** @returns what to keep, and the path of a change to be acted upon now */
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
