/**
 * `open` takes tasks; `closed` finishes those that it has; `ending` waits for workers that were told to end; `ended` has
 * no worker left.
 */
export type PoolState = "open" | "closed" | "ending" | "ended";

/** `drained`: nothing is left to do. `gone`: no worker is left. */
export type PoolEvent = "submit" | "close" | "terminate" | "drained" | "gone" | "workerEnded";

export type PoolAction = "accept" | "refuse" | "dismiss" | "terminate" | "replace";

/** What the pool does at an event, and what it is afterwards; nothing at all where the event has no entry. */
type Rules = Partial<Record<PoolEvent, { next?: PoolState; actions: readonly PoolAction[] }>>;

const TABLE: Record<PoolState, Rules> = {
  open: {
    submit: { actions: ["accept"] },
    close: { next: "closed", actions: [] },
    terminate: { next: "ending", actions: ["terminate"] },
    workerEnded: { actions: ["replace"] },
  },
  closed: {
    submit: { actions: ["refuse"] },
    terminate: { next: "ending", actions: ["terminate"] },
    drained: { next: "ending", actions: ["dismiss"] },
    workerEnded: { actions: ["replace"] },
  },
  ending: {
    submit: { actions: ["refuse"] },
    // Workers that were told to end and do not.
    terminate: { actions: ["terminate"] },
    gone: { next: "ended", actions: [] },
  },
  ended: {
    submit: { actions: ["refuse"] },
  },
};

export function decide(
  state: PoolState,
  event: PoolEvent,
): { next: PoolState; actions: readonly PoolAction[] } {
  const { next = state, actions = [] } = TABLE[state][event] ?? {};
  return { next, actions };
}

/** CPython's rule: before `close` or `terminate` nobody may wait for the end. */
export function mayJoin(state: PoolState): boolean {
  return state !== "open";
}
