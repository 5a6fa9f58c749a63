import { assertEquals } from "@std/assert";
import type { KeptEvent } from "../../../src/keeper/policy/kept_event.ts";
import type { KeptPhase, KeptState } from "../../../src/keeper/records/kept_state.ts";
import { runOfEnd } from "../../../src/keeper/policy/run_end.ts";
import { firstKeptState } from "../../../src/keeper/policy/state.ts";
import { turnEvents, type TurnFacts } from "../../../src/keeper/policy/turn_facts.ts";
import { settingsOf } from "../samples.ts";

const PROGRAM = { pid: 7, startTicks: 1 };

function factsOf(phase: KeptPhase, changes: Partial<TurnFacts> = {}): TurnFacts {
  const state: KeptState = { ...firstKeptState("boot"), phase, startSerial: 1, program: PROGRAM };
  return {
    state: { ...state, startedAt: 1000 },
    intent: { wanted: "run", startSerial: 1, at: 5000 },
    settings: settingsOf({}),
    pending: [],
    signal: "TERM",
    now: 10_000,
    ...changes,
  };
}

function endAt(at: number, told = true): TurnFacts["end"] {
  const ending = { how: "signal", signal: 15, core: false } as const;
  const run = runOfEnd({ pid: 7, ending, at }, { startedAt: 1000, readyAt: 1000 }, settingsOf({}));
  return { run, left: false, told };
}

function typesOf(facts: TurnFacts): KeptEvent["type"][] {
  return turnEvents(facts).map(({ type }) => type);
}

Deno.test("an end is looked at before the command that came after it, and after the one that caused it", () => {
  const stop = { wanted: "stop", startSerial: 1, at: 5000 } as const;
  assertEquals(typesOf(factsOf("running", { intent: stop, end: endAt(4000) })), [
    "ended",
    "wanted-stop",
  ]);
  assertEquals(typesOf(factsOf("running", { intent: stop, end: endAt(6000) })), [
    "wanted-stop",
    "ended",
  ]);
  const start = { wanted: "run", startSerial: 2, at: 5000 } as const;
  assertEquals(typesOf(factsOf("running", { intent: start, end: endAt(6000, false) })), [
    "ended",
    "wanted-start",
  ]);
});

Deno.test("an end between a stop and a start is that of the stop", () => {
  const intent = {
    ...{ wanted: "run", startSerial: 3, at: 5000 } as const,
    stopped: { by: "imp stop web", at: 4000 },
  };
  const of = (at: number) => turnEvents(factsOf("running", { intent, end: endAt(at) }));
  const [ended] = of(4500);
  assertEquals(ended.type === "ended" && [ended.wanted, ended.run.by], [true, "imp stop web"]);
  const [crashed] = of(3000);
  assertEquals(crashed.type === "ended" && [crashed.wanted, crashed.run.by], [
    undefined,
    undefined,
  ]);
});

Deno.test("TERM to the keeper is looked at before the end that the same TERM has caused", () => {
  const facts = factsOf("running", { pending: ["asked", "ended"], end: endAt(6000) });
  assertEquals(typesOf(facts), ["asked", "ended"]);
});

Deno.test("a pause is over when the timer says so, whatever the clock says, or its time has come", () => {
  const waiting = (nextStartAt: number, pending: TurnFacts["pending"]) => {
    const facts = factsOf("waiting", { pending });
    return typesOf({ ...facts, state: { ...facts.state, program: undefined, nextStartAt } });
  };
  assertEquals(waiting(99_000, ["wake"]), []);
  assertEquals(waiting(99_000, ["timer"]), ["due"]);
  assertEquals(waiting(9000, ["wake"]), ["due"]);
});

Deno.test("age, size and silence are each a reason to end it, and only while it runs", () => {
  const settings = settingsOf({ maxLifetimeMs: 60_000, maxRssBytes: 1 << 20, watchdogMs: 1000 });
  const overdue = (changes: Partial<TurnFacts>, phase: KeptPhase = "running") =>
    turnEvents(factsOf(phase, { settings, ...changes })).map((event) =>
      event.type === "overdue" ? [event.by, event.recycle] : event.type
    );
  assertEquals(overdue({ ageMs: 59_999, rssBytes: 1 << 20, silent: false }), []);
  assertEquals(overdue({ ageMs: 60_000 }), [["imp keeper: --max-lifetime 1m 00s", true]]);
  assertEquals(overdue({ silent: true }), [["imp keeper: no WATCHDOG=1 for 1s", false]]);
  assertEquals(overdue({ rssBytes: 2 << 20 }), [["imp keeper: --max-rss 1M, it has 2M", true]]);
  // One that begins too large has failed to start.
  assertEquals(overdue({ rssBytes: 2 << 20, ageMs: settings.startMs - 1 }).flat()[1], false);
  assertEquals(overdue({ rssBytes: 2 << 20, ageMs: settings.startMs }).flat()[1], true);
  assertEquals(overdue({ ageMs: 1e9 }, "stopping"), []);
});

Deno.test("a first process that does not end is not ready in time", () => {
  const settings = settingsOf({ forking: true, readyTimeoutMs: 5000 });
  assertEquals(typesOf(factsOf("starting", { settings })), ["not-ready"]);
  assertEquals(typesOf(factsOf("starting", { settings, now: 5999 })), []);
  const facts = factsOf("starting", { settings });
  assertEquals(typesOf({ ...facts, state: { ...facts.state, handedOver: true } }), []);
});

Deno.test("runs: kinds, accepted statuses and signals, short ones, sizes that are imp's own", () => {
  const settings = settingsOf({ success: [143, "TERM"], startMs: 1000 });
  const of = (ending: Parameters<typeof runOfEnd>[0]["ending"], at = 9000, more = {}) =>
    runOfEnd(
      { pid: 7, ending, at, maxRssBytes: 5000 },
      { startedAt: 1000, readyAt: 1000, ...more },
      settings,
    );
  const exit = (code: number) => ({ how: "exit", code }) as const;
  const killed = (signal: number, core = false) => ({ how: "signal", signal, core }) as const;
  assertEquals([0, 1, 143].map((code) => of(exit(code)).kind), ["normal", "error", "normal"]);
  assertEquals([9, 11, 15, 6].map((signal) => of(killed(signal)).kind), [
    "killed",
    "fault",
    "normal",
    "fault",
  ]);
  assertEquals([of(undefined).kind, of(killed(11, true)).core], ["unknown", true]);
  assertEquals([of(exit(0), 1999).failedStart, of(exit(0), 2000).failedStart], [true, false]);
  assertEquals(of(exit(0), 500).failedStart, false, "the clock was put back");
  assertEquals(of(exit(0), 9000, { readyAt: undefined }).failedStart, true);
  assertEquals([of(exit(0)).maxRssBytes, of(exit(0), 9000, { rssFloorBytes: 5000 }).maxRssBytes], [
    5000,
    undefined,
  ]);
});
