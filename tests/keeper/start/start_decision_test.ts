import { assertEquals } from "@std/assert";
import { decideStart, type StartFinding } from "../../../src/keeper/start/start_decision.ts";
import type { KeptPhase } from "../../../src/keeper/records/kept_state.ts";
import type { ObservedPhase } from "../../../src/keeper/observe/observed.ts";
import { INTENT, KEEPER, PROGRAM, STATE } from "../kept_samples.ts";

type Given = Partial<Omit<StartFinding, "observed">> & {
  readonly phase?: ObservedPhase;
  /** Who lives: `p` the program, `k` a keeper. */
  readonly lives?: string;
  readonly wanted?: "run" | "stop";
  /** A start that the state does not know of yet. */
  readonly newer?: boolean;
  readonly unknown?: boolean;
  /** The phase on record, where that matters. */
  readonly recorded?: KeptPhase;
};

const CHANGED = [{ setting: "nice", option: "--nice", after: "3" }];

function decision(given: Given = {}) {
  const { phase = "running", lives = "", wanted = "run", newer, unknown, recorded, ...rest } =
    given;
  const observed = {
    phase,
    program: lives.includes("p") ? PROGRAM : undefined,
    acting: lives.includes("k") ? KEEPER : undefined,
    intent: unknown ? undefined : { ...INTENT, wanted, startSerial: newer ? 2 : 1 },
    state: unknown ? undefined : { ...STATE, phase: recorded ?? STATE.phase },
  };
  return decideStart({
    ...{
      observed,
      strangers: false,
      leaving: false,
      differences: [],
      replace: false,
      cleaned: false,
      runNow: false,
    },
    patient: true,
    ...rest,
  });
}

Deno.test("start: what runs is not started again, and what nobody keeps is kept", () => {
  assertEquals(decision({ lives: "pk" }), "running");
  assertEquals(decision({ lives: "pk", phase: "starting" }), "running");
  assertEquals(decision({ lives: "p" }), "adopt");
  assertEquals(decision({ lives: "pk", unknown: true, phase: "unknown" }), "running");
});

Deno.test("start: other settings are refused, or take the place of the old ones when it has ended", () => {
  for (const lives of ["", "p", "k", "pk"]) {
    assertEquals(decision({ lives, differences: CHANGED }), "changed");
  }
  for (const lives of ["p", "k", "pk"]) {
    assertEquals(decision({ lives, differences: CHANGED, replace: true }), "stop first");
  }
  assertEquals(decision({ phase: "stopped", differences: CHANGED, replace: true }), "raise");
});

Deno.test("start: who stops it is waited for, who restarts it is not disturbed", () => {
  const stopping = { phase: "stopping" } as const;
  for (const lives of ["k", "pk"]) {
    assertEquals(decision({ ...stopping, lives, wanted: "stop" }), "look again");
    assertEquals(decision({ ...stopping, lives, wanted: "stop", patient: false }), "stop first");
  }
  assertEquals(decision({ lives: "pk", wanted: "stop" }), "look again");
  // New keepers would go on with the stop.
  assertEquals(decision({ lives: "p", wanted: "stop" }), "stop first");
  assertEquals(decision({ ...stopping, lives: "pk" }), "running");
  assertEquals(decision({ ...stopping, lives: "k" }), "being started");
});

Deno.test("start: a keeper that waits starts at once; one that begins is left alone", () => {
  assertEquals(decision({ phase: "waiting", lives: "k" }), "wake");
  assertEquals(decision({ phase: "waiting", lives: "k", newer: true }), "being started");
  assertEquals(decision({ phase: "starting", lives: "k" }), "being started");
  assertEquals(decision({ phase: "ended", lives: "k" }), "being started");
  assertEquals(decision({ phase: "stopped", lives: "k", newer: true }), "being started");
});

Deno.test("start: keepers that leave are waited for, and told in the end", () => {
  for (const phase of ["stopped", "finished", "failed"] as const) {
    assertEquals(decision({ phase, lives: "k", wanted: "stop" }), "look again");
    assertEquals(decision({ phase, lives: "k" }), "look again");
    assertEquals(decision({ phase, lives: "k", patient: false }), "wake");
  }
  assertEquals(decision({ phase: "stopped", strangers: true }), "look again");
  assertEquals(decision({ phase: "stopped", strangers: true, patient: false }), "wake");
  // A process that is leaving hears nothing; a turn whose waiters were killed may be starting the program.
  for (const phase of ["running", "stopped", "waiting", "starting"] as const) {
    assertEquals(decision({ phase, lives: "k", leaving: true }), "look again");
    assertEquals(decision({ phase, lives: "p", strangers: true }), "look again");
  }
  assertEquals(decision({ phase: "unknown", unknown: true, lives: "k" }), "look again");
});

Deno.test("start: what waits for its time is left alone, or runs at once", () => {
  const waits = { phase: "scheduled", recorded: "scheduled", lives: "k" } as const;
  assertEquals(decision(waits), "scheduled");
  assertEquals(decision({ ...waits, runNow: true }), "wake");
  assertEquals(decision({ ...waits, newer: true }), "being started");
  assertEquals(decision({ ...waits, differences: CHANGED, replace: true }), "stop first");
});

Deno.test("start: what waits for a change, a file or a port is left alone", () => {
  for (const phase of ["watching", "pending"] as const) {
    assertEquals(decision({ phase, lives: "k" }), "at rest");
    assertEquals(decision({ phase, lives: "k", newer: true }), "being started");
    assertEquals(decision({ phase: "lost", recorded: phase }), "raise");
  }
  assertEquals(decision({ phase: "watching", lives: "k", runNow: true }), "wake");
});

Deno.test("start: what is gone is raised; what it may have left is ended first, once", () => {
  for (const phase of ["stopped", "finished", "failed", "unknown"] as const) {
    assertEquals(decision({ phase }), "raise");
  }
  assertEquals(decision({ phase: "lost" }), "stop first");
  assertEquals(decision({ phase: "lost", cleaned: true }), "raise");
  // Between two runs nothing of a schedule is running, and a stop would forget the missed time.
  assertEquals(decision({ phase: "lost", recorded: "scheduled" }), "raise");
});
