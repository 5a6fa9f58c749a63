import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { KeptEvent, KeptRules } from "../../../src/keeper/policy/kept_event.ts";
import type { KeptSettings } from "../../../src/keeper/records/kept_settings.ts";
import type { KeptRun, KeptState } from "../../../src/keeper/records/kept_state.ts";
import { everyTimes } from "../../../src/keeper/schedule/times.ts";
import { dutyOf } from "../../../src/keeper/policy/duty.ts";
import { firstKeptState } from "../../../src/keeper/policy/state.ts";
import { turnEvents } from "../../../src/keeper/policy/turn_facts.ts";
import { settingsOf } from "../samples.ts";
import { stateAfter } from "../state_after.ts";
import { runs } from "../../property_runs.ts";

type Overlap = "skip" | "queue" | "kill";
const EVERY = 10_000, BEGIN = 1_000_000;

function rulesOf(
  now: number,
  changes: Partial<KeptRules["settings"]> & { overlap?: Overlap } = {},
  intent: Partial<KeptRules["intent"]> = {},
): KeptRules & { settings: KeptSettings } {
  const { overlap = "skip", ...settings } = changes;
  const schedule = { everyMs: EVERY, overlap };
  return {
    settings: settingsOf({ restart: "no", startMs: 0, schedule, ...settings }),
    intent: { wanted: "run", serial: 1, startSerial: 1, by: "imp start web", ...intent },
    times: everyTimes(EVERY),
    now,
    random: 0,
  };
}

const STARTED: KeptEvent = { type: "started", program: { pid: 7, startTicks: 1 } };
const OCCURS: KeptEvent = { type: "occurs" };

function ended(endedAt: number, changes: Partial<KeptRun> = {}): KeptEvent {
  const run: KeptRun = {
    ...{ pid: 7, startedAt: endedAt - 5, endedAt, kind: "normal", exitCode: 0, core: false },
    ...{ failedStart: false, lastLines: [] },
    ...changes,
  };
  return { type: "ended", run, left: false };
}

function scheduled(): KeptState {
  return stateAfter(firstKeptState("boot"), rulesOf(BEGIN), { type: "wanted-start" });
}

function running(rules = rulesOf(BEGIN + EVERY)): KeptState {
  return stateAfter(scheduled(), rules, OCCURS, STARTED);
}

const brief = ({ phase, nextRunAt }: KeptState) => [phase, nextRunAt! - BEGIN];

Deno.test("schedule: it rests, runs at its time, and rests again", () => {
  const first = scheduled();
  assertEquals([...brief(first), dutyOf(first, { forking: false }).do], [
    ...["scheduled", EVERY, "wait"],
  ]);
  const up = running();
  assertEquals(brief(up), ["running", 2 * EVERY]);
  const rest = stateAfter(up, rulesOf(BEGIN + EVERY + 500), ended(BEGIN + EVERY + 400));
  assertEquals([...brief(rest), rest.reason, rest.program], [
    ...["scheduled", 2 * EVERY, undefined, undefined],
  ]);
});

Deno.test("schedule: what was missed is made up for once, and the series goes on", () => {
  const late = rulesOf(BEGIN + 25 * EVERY + 3);
  assertEquals(brief(stateAfter(scheduled(), late, OCCURS)), ["starting", 26 * EVERY]);
  // Its keeper was held up: the time came after the end that it sees only now.
  const held = stateAfter(running(), late, ended(BEGIN + EVERY + 400));
  assertEquals(brief(held), ["scheduled", 2 * EVERY]);
  // The machine has rebooted, and somebody has started it again.
  const again = rulesOf(late.now, {}, { serial: 2, startSerial: 2 });
  assertEquals(brief(stateAfter(scheduled(), again, { type: "wanted-start" }, OCCURS)), [
    ...["starting", 26 * EVERY],
  ]);
});

Deno.test("schedule: a time that comes while it runs is left out, made up for, or ends the run", () => {
  const at = (overlap: Overlap) => {
    const rules = rulesOf(BEGIN + 2 * EVERY, { overlap });
    return { rules, state: stateAfter(running(), rules, OCCURS) };
  };
  const later = BEGIN + 2 * EVERY + 100;
  const skip = at("skip");
  assertEquals(brief(skip.state), ["running", 3 * EVERY]);
  assertEquals(brief(stateAfter(skip.state, rulesOf(later), ended(later))), [
    "scheduled",
    3 * EVERY,
  ]);
  const queue = at("queue");
  assertEquals([...brief(queue.state), queue.state.queued], ["running", 3 * EVERY, true]);
  const next = stateAfter(queue.state, rulesOf(later, { overlap: "queue" }), ended(later));
  assertEquals([...brief(next), next.queued], ["starting", 3 * EVERY, undefined]);
  const kill = at("kill");
  assertEquals([kill.state.phase, kill.state.next], ["stopping", "run"]);
  const gone = stateAfter(
    kill.state,
    rulesOf(later, { overlap: "kill" }),
    ended(later, { kind: "killed" }),
    {
      type: "empty",
    },
  );
  assertEquals([...brief(gone), gone.runs.at(-1)!.by], [
    ...["starting", 3 * EVERY, "imp keeper: --overlap kill, the next run is due"],
  ]);
});

Deno.test("schedule: a failed run is recorded; with on-failure it is tried again until its next time", () => {
  const failed = ended(BEGIN + EVERY + 400, { kind: "error", exitCode: 3 });
  const now = BEGIN + EVERY + 400;
  const rest = stateAfter(running(), rulesOf(now), failed);
  assertEquals([...brief(rest), rest.reason], ["scheduled", 2 * EVERY, "its last run has failed"]);
  const retries = { restart: "on-failure", backoff: { firstMs: 4000, mostMs: 60_000 } } as const;
  const tried = stateAfter(running(), rulesOf(now, retries), failed);
  assertEquals([tried.phase, tried.restarts, tried.nextRunAt], ["waiting", 1, BEGIN + 2 * EVERY]);
  const due = stateAfter(tried, rulesOf(BEGIN + 2 * EVERY, retries), OCCURS);
  assertEquals([...brief(due), due.restarts, due.nextStartAt], [
    "starting",
    3 * EVERY,
    0,
    undefined,
  ]);
  const long = { restart: "on-failure", backoff: { firstMs: 60_000, mostMs: 60_000 } } as const;
  assertEquals(brief(stateAfter(running(), rulesOf(now, long), failed)), ["scheduled", 2 * EVERY]);
  const missing = stateAfter(
    stateAfter(scheduled(), rulesOf(BEGIN + EVERY), OCCURS),
    rulesOf(BEGIN + EVERY),
    {
      ...{ type: "start-failed", reason: "cannot execute /x: ENOENT" },
    },
  );
  assertEquals([...brief(missing), missing.reason], [
    ...["scheduled", 2 * EVERY, "cannot execute /x: ENOENT"],
  ]);
});

Deno.test("schedule: --max-lifetime limits a run, and is no reason for another one", () => {
  const rules = rulesOf(BEGIN + EVERY + 900);
  const by = "imp keeper: --max-lifetime 900ms";
  const run = ended(rules.now, { kind: "killed", signal: "TERM" });
  const rest = stateAfter(running(), rules, { type: "overdue", by, recycle: true }, run, {
    type: "empty",
  });
  assertEquals([...brief(rest), rest.runs.at(-1)!.by], ["scheduled", 2 * EVERY, by]);
  assertEquals(rest.reason, "its last run has failed");
});

Deno.test("schedule: --run-now runs at once; a restart goes on with the schedule; a stop is final", () => {
  const now = { serial: 2, startSerial: 2, runNow: true } as const;
  const begun = stateAfter(scheduled(), rulesOf(BEGIN + 5, {}, now), { type: "wanted-start" });
  assertEquals(brief(begun), ["starting", EVERY + 5]);
  const restart = rulesOf(BEGIN + EVERY + 5, {}, { serial: 2, startSerial: 2 });
  const again = stateAfter(running(), restart, { type: "wanted-start" }, ended(restart.now), {
    type: "empty",
  });
  assertEquals(brief(again), ["scheduled", 2 * EVERY]);
  const stop = rulesOf(BEGIN + 5, {}, { wanted: "stop", serial: 2 });
  const stopped = stateAfter(scheduled(), stop, { type: "wanted-stop" }, OCCURS);
  assertEquals([stopped.phase, stopped.nextRunAt, stopped.countedFrom], [
    ...["stopped", undefined, undefined],
  ]);
});

Deno.test("schedule: each look reckons anew, by the clock of that moment", () => {
  const state = scheduled();
  const events = (now: number) =>
    turnEvents({
      ...{ state, settings: rulesOf(now).settings, pending: ["timer"], signal: "", now },
      intent: { wanted: "run", startSerial: 1, at: 0 },
    }).map(({ type }) => type);
  assertEquals(events(BEGIN + 10), ["reckon"]);
  assertEquals(events(BEGIN + EVERY), ["occurs"]);
  // Set back by a day: it must not wait for a day and ten seconds.
  const back = BEGIN - 86_400_000;
  assertEquals(events(back), ["reckon"]);
  const reckoned = stateAfter(state, rulesOf(back), { type: "reckon" });
  assertEquals(reckoned.nextRunAt, back + EVERY);
  // Another look, as after a clock that is set again, does not put it off.
  const again = stateAfter(reckoned, rulesOf(back + EVERY / 2), { type: "reckon" });
  assertEquals(again.nextRunAt, back + EVERY);
});

// Times come and are missed, the clock is set, runs fail and last, commands come.

const happenings = fc.array(
  fc.record({
    what: fc.constantFrom("look", "look", "die", "fail", "start", "run-now", "overdue"),
    ms: fc.oneof(fc.nat(3 * EVERY), fc.integer({ min: -50 * EVERY, max: 200 * EVERY })),
  }),
  { maxLength: 60 },
);

Deno.test("schedule: whatever happens, one run at a time, and there is always a next one", () => {
  const overlaps = fc.constantFrom<Overlap>("skip", "queue", "kill");
  const restarts = fc.constantFrom("no" as const, "on-failure" as const);
  fc.assert(
    fc.property(happenings, overlaps, restarts, (list, overlap, restart) => {
      let state = firstKeptState("boot");
      let now = BEGIN, alive = false, serial = 0;
      let intent: Partial<KeptRules["intent"]> = {};
      const rules = () => rulesOf(now, { overlap, restart }, intent);
      const feed = (...events: KeptEvent[]) => state = stateAfter(state, rules(), ...events);
      const want = (runNow: boolean) => {
        serial++;
        intent = { serial, startSerial: serial, ...runNow ? { runNow: true } : {} };
        feed({ type: "wanted-start" });
      };
      const end = (kind: KeptRun["kind"]) => {
        if (!alive) return;
        alive = false;
        feed(ended(now, { kind }));
      };
      const look = () => {
        const { settings, intent } = rules();
        const facts = { state, settings, pending: ["timer"] as const, signal: "", now };
        feed(...turnEvents({ ...facts, intent: { ...intent, at: 0 } }));
        for (let duty = dutyOf(state, { forking: false }).do, i = 0; i < 5; i++) {
          if (duty === "start") {
            assert(!alive, "a second copy");
            alive = true;
            feed(STARTED);
          } else if (duty === "end-tree") {
            end("killed");
            if (state.phase === "stopping") feed({ type: "empty" });
          } else break;
          duty = dutyOf(state, { forking: false }).do;
        }
      };
      want(false);
      for (const { what, ms } of list) {
        now += ms;
        if (what === "die") end("normal");
        else if (what === "fail") end("error");
        else if (what === "start" || what === "run-now") want(what === "run-now");
        else if (what === "overdue" && state.phase === "running") {
          feed({ type: "overdue", by: "imp keeper: --max-lifetime 1s", recycle: true });
        }
        look();
        assert(["scheduled", "running", "waiting"].includes(state.phase), state.phase);
        assert(alive === (state.phase === "running"), state.phase);
        assert(state.nextRunAt !== undefined, "no next run");
        // Whoever sleeps sleeps no longer than that, whatever was done to the clock; a time that has come is looked at in the next turn.
        assert(state.nextRunAt! <= now + EVERY, "it was lost");
      }
      // Nothing disturbs it: it runs within its time.
      end("normal");
      look();
      if (state.phase === "scheduled") {
        now = state.nextRunAt! + 1;
        look();
      }
      assert(alive, state.phase);
    }),
    runs(2000),
  );
});
