import { assertEquals } from "@std/assert";
import { dutyOf } from "../../../src/keeper/policy/duty.ts";
import type { KeptEvent, KeptRules } from "../../../src/keeper/policy/kept_event.ts";
import { firstKeptState } from "../../../src/keeper/policy/state.ts";
import type { KeptSettings } from "../../../src/keeper/records/kept_settings.ts";
import type { KeptRun, KeptState } from "../../../src/keeper/records/kept_state.ts";
import { settingsOf } from "../samples.ts";
import { stateAfter } from "../state_after.ts";

const NOW = 1_000_000;

function rulesOf(
  changes: Partial<KeptSettings> = {},
  how: Partial<NonNullable<KeptSettings["onChange"]>> = {},
  intent: Partial<KeptRules["intent"]> = {},
): KeptRules {
  const onChange = {
    ...{ paths: ["/src"], ignore: [], debounceMs: 200, postponed: false, overlap: "kill" as const },
    ...how,
  };
  return {
    settings: settingsOf({ onChange, startMs: 0, ...changes }),
    intent: { wanted: "run", serial: 1, startSerial: 1, by: "imp start web", ...intent },
    now: NOW,
    random: 0,
  };
}

const STARTED: KeptEvent = { type: "started", program: { pid: 7, startTicks: 1 } };
const CHANGED: KeptEvent = { type: "changed", path: "src/a.ts" };
const EMPTY: KeptEvent = { type: "empty" };

function ended(changes: Partial<KeptRun> = {}): KeptEvent {
  const run: KeptRun = {
    ...{ pid: 7, startedAt: NOW - 5, endedAt: NOW, kind: "normal", exitCode: 0, core: false },
    ...{ failedStart: false, lastLines: [] },
    ...changes,
  };
  return { type: "ended", run, left: false };
}

/** As a turn has noted the change. */
function noted(state: KeptState): KeptState {
  return { ...state, changes: { last: { path: "src/a.ts", at: NOW } } };
}

function running(rules: KeptRules): KeptState {
  return noted(stateAfter(firstKeptState("boot"), rules, { type: "wanted-start" }, STARTED));
}

const brief = ({ phase, restarts, startedFor }: KeptState) => [phase, restarts, startedFor];

Deno.test("changes: a daemon is ended and started anew, and that is not a failure", () => {
  const rules = rulesOf({ maxRestarts: { count: 1, withinMs: 1000 } });
  const stopping = stateAfter(running(rules), rules, CHANGED);
  assertEquals([stopping.phase, stopping.endedBy], ["stopping", "imp keeper: src/a.ts changed"]);
  const again = stateAfter(stopping, rules, ended({ kind: "killed", signal: "TERM" }), EMPTY);
  assertEquals(brief(again), ["starting", 1, "src/a.ts changed"]);
  assertEquals([again.failures, again.restartTimes, again.runs[0].failedStart], [0, [], false]);
  // A second one while it is not started yet is part of that start.
  assertEquals(stateAfter(again, rules, CHANGED), again);
});

Deno.test("changes: a job rests, runs at each one, and once more after a run that it came in", () => {
  const rules = rulesOf({ restart: "no" }, { overlap: "queue" });
  const rest = stateAfter(running(rules), rules, ended());
  assertEquals([...brief(rest), dutyOf(rest, { forking: false }).do], [
    ...["watching", 0, undefined, "wait"],
  ]);
  assertEquals(brief(stateAfter(rest, rules, CHANGED)), ["starting", 1, "src/a.ts changed"]);
  const queued = stateAfter(running(rules), rules, CHANGED);
  assertEquals([queued.phase, queued.queued], ["running", true]);
  const next = stateAfter(queued, rules, ended());
  assertEquals([next.phase, next.queued], ["starting", undefined]);
  const failed = stateAfter(running(rules), rules, ended({ kind: "error", exitCode: 3 }));
  assertEquals([failed.phase, failed.reason], ["watching", "its last run has failed"]);
  const skip = rulesOf({ restart: "no" }, { overlap: "skip" });
  assertEquals(stateAfter(running(skip), skip, CHANGED), running(skip));
});

Deno.test("changes: what waits for its next try is started at once, with nothing counted", () => {
  const rules = rulesOf({ backoff: { firstMs: 60_000, mostMs: 60_000 } });
  const waiting = stateAfter(running(rules), rules, ended({ kind: "error", failedStart: true }));
  assertEquals([waiting.phase, waiting.failures], ["waiting", 1]);
  const again = stateAfter(waiting, rules, CHANGED);
  assertEquals([...brief(again), again.failures, again.nextStartAt], [
    ...["starting", 2, "src/a.ts changed", 0, undefined],
  ]);
  // What cannot be executed waits for the change that mends it.
  const missing: KeptEvent = { type: "start-failed", reason: "cannot execute /x: ENOENT" };
  const job = rulesOf({ restart: "no" });
  const rest = stateAfter(firstKeptState("boot"), job, { type: "wanted-start" }, missing);
  assertEquals([rest.phase, rest.reason], ["watching", "cannot execute /x: ENOENT"]);
});

Deno.test("changes: --postpone rests at the start; a stop is final and forgets", () => {
  const rules = rulesOf({}, { postponed: true });
  const rest = stateAfter(firstKeptState("boot"), rules, { type: "wanted-start" });
  assertEquals(rest.phase, "watching");
  assertEquals(stateAfter(rest, rules, CHANGED).phase, "starting");
  const now = rulesOf({}, { postponed: true }, { serial: 2, startSerial: 2, runNow: true });
  assertEquals(stateAfter(rest, now, { type: "wanted-start" }).phase, "starting");
  const stop = rulesOf({}, { postponed: true }, { wanted: "stop", serial: 2 });
  const stopped = stateAfter(noted(rest), stop, { type: "wanted-stop" }, CHANGED);
  assertEquals([stopped.phase, stopped.changes], ["stopped", undefined]);
  const asked = stateAfter(running(rules), stop, { type: "wanted-stop" }, CHANGED, ended(), EMPTY);
  assertEquals(asked.phase, "stopped");
});

Deno.test("awaited: a start is held until it is met, and a stop ends that", () => {
  const rules = rulesOf();
  const held: KeptEvent = { type: "held", reason: "waiting for file /run/db" };
  const pending = stateAfter(firstKeptState("boot"), rules, { type: "wanted-start" }, held);
  assertEquals([pending.phase, pending.reason, pending.pendingSince], [
    ...["pending", "waiting for file /run/db", NOW],
  ]);
  const port = stateAfter(pending, { ...rules, now: NOW + 9 }, {
    ...held,
    reason: "waiting for port 1",
  });
  assertEquals([port.reason, port.pendingSince], ["waiting for port 1", NOW]);
  assertEquals(stateAfter(port, rules, CHANGED).phase, "pending");
  const met = stateAfter(port, rules, { type: "met" });
  assertEquals([met.phase, met.reason, dutyOf(met, { forking: false }).do], [
    ...["starting", undefined, "start"],
  ]);
  const stop = rulesOf({}, {}, { wanted: "stop", serial: 2 });
  const stopped = stateAfter(pending, stop, { type: "wanted-stop" });
  assertEquals([stopped.phase, stopped.pendingSince], ["stopped", undefined]);
});
