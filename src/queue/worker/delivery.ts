// What a worker does with one delivered job, as a table: state × event -> state and action. The promise depends on its
// order: nothing is acknowledged before its end is recorded, and nothing is run whose end is recorded.

import type { RunOrder } from "../run_records.ts";

/**
 * `checking`: whether its end is recorded already; `claiming`: it must not run twice and this worker claims it, or its
 * beginning is being recorded; `running`; `recording` its end; `parking`: its run is paused; `acknowledging`;
 * `returning`: it was not begun, and that is being recorded; `over`.
 */
export type DeliveryState =
  | "checking"
  | "claiming"
  | "running"
  | "recording"
  | "parking"
  | "acknowledging"
  | "returning"
  | "over";

/** What is known once a job is found to have no end. */
export interface DeliveryCase {
  /** It must not run twice. */
  readonly once: boolean;
  /** It was begun as often as allowed. */
  readonly tooOften: boolean;
  /** How often it was begun is known, and this time must be recorded first. */
  readonly counted: boolean;
  /** The request for its run. */
  readonly order: RunOrder;
  /** This worker begins nothing more. */
  readonly leaving: boolean;
}

export type DeliveryEvent =
  /** The queue gives it to this worker again, after a long silence. */
  | { readonly type: "again" }
  /** Its end is recorded. */
  | { readonly type: "present" }
  | { readonly type: "absent"; readonly of: DeliveryCase }
  /** Nobody else runs it, now or ever. */
  | { readonly type: "claimed" }
  | { readonly type: "taken" }
  /** It has ended, or cannot be started. @field removed nobody will ask for the result */
  | { readonly type: "ended"; readonly removed: boolean }
  /** What ran it is gone, and the job with it: how far it got is unknown. @field begun whether it may have begun */
  | {
    readonly type: "dropped";
    readonly once: boolean;
    readonly begun: boolean;
    readonly removed: boolean;
  }
  /** The stream records that it was not begun, if that matters. */
  | { readonly type: "returned" }
  /** Its end is in the stream, by this worker or another. */
  | { readonly type: "recorded" }
  | { readonly type: "parked" }
  /** The server has confirmed it. */
  | { readonly type: "acknowledged" }
  /** It has not. If it did not receive it, it gives the job to a worker that finds its end. */
  | { readonly type: "unsure" };

export type DeliveryAction =
  | "nothing"
  | "claim"
  | "start"
  /** Its end, as it ran. */
  | "record"
  | "record cancelled"
  | "record given up"
  | "record lost"
  | "park"
  | "acknowledge"
  /** Its beginning does not count. */
  | "record not begun"
  /** Another worker should have it at once. */
  | "give back";

export interface DeliveryStep {
  readonly state: DeliveryState;
  readonly action: DeliveryAction;
}

type Row = {
  readonly [T in DeliveryEvent["type"]]?: (
    event: Extract<DeliveryEvent, { type: T }>,
  ) => DeliveryStep;
};

const TABLE: Readonly<Record<DeliveryState, Row>> = {
  checking: {
    present: () => step("acknowledging", "acknowledge"),
    absent: ({ of }) => beginning(of),
  },
  claiming: {
    claimed: () => step("running", "start"),
    taken: () => step("recording", "record lost"),
  },
  running: {
    ended: ({ removed }) =>
      removed ? step("acknowledging", "acknowledge") : step("recording", "record"),
    dropped: ({ once, begun, removed }) => {
      if (removed) return step("acknowledging", "acknowledge");
      if (once) return step("recording", "record lost");
      return begun ? step("over", "give back") : step("returning", "record not begun");
    },
  },
  recording: {
    recorded: () => step("acknowledging", "acknowledge"),
  },
  parking: {
    parked: () => step("acknowledging", "acknowledge"),
  },
  acknowledging: {
    // The earlier message was for the previous delivery.
    again: () => step("acknowledging", "acknowledge"),
    acknowledged: () => step("over", "nothing"),
    unsure: () => step("over", "nothing"),
  },
  returning: {
    returned: () => step("over", "give back"),
  },
  over: {},
};

/** @returns the same state and no action if the event means nothing there */
export function nextDelivery(state: DeliveryState, event: DeliveryEvent): DeliveryStep {
  const cell = TABLE[state][event.type] as ((event: DeliveryEvent) => DeliveryStep) | undefined;
  return cell?.(event) ?? step(state, "nothing");
}

function beginning({ once, tooOften, counted, order, leaving }: DeliveryCase): DeliveryStep {
  if (order === "remove") return step("acknowledging", "acknowledge");
  if (order === "cancel") return step("recording", "record cancelled");
  if (leaving) return step("returning", "record not begun");
  // Another worker may have begun it: what must not run twice is then lost, not given up.
  if (tooOften && !once) return step("recording", "record given up");
  if (order === "pause") return step("parking", "park");
  return once || counted ? step("claiming", "claim") : step("running", "start");
}

function step(state: DeliveryState, action: DeliveryAction): DeliveryStep {
  return { state, action };
}
