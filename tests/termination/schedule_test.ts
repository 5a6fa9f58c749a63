import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  firstTerminationState,
  type LookFinding,
  nextTerminationStep,
  type StopSchedule,
  type TerminationEvent,
  type TerminationState,
} from "../../src/termination/schedule.ts";

const KILL = 9;

/** Goes through events. @returns what was sent, with the time and the state after it */
function play(schedule: StopSchedule, events: readonly TerminationEvent[]) {
  let state = firstTerminationState(0);
  const sent: { signal: number; now: number }[] = [];
  const states: TerminationState[] = [state];
  for (const event of events) {
    const step = nextTerminationStep(state, event, schedule);
    state = step.state;
    states.push(state);
    const { action } = step;
    if (action.do === "signal" && event.type === "look") {
      sent.push({ signal: action.signal, now: event.now });
    }
  }
  return { sent, states, last: state };
}

const look = (now: number, found: LookFinding = "known"): TerminationEvent => ({
  type: "look",
  now,
  found,
});
const steps = [{ signal: 15, wait: 10_000 }, { signal: 2, wait: 5000 }];

Deno.test("schedule: TERM:10s,INT:5s,KILL", () => {
  const times = [0, 1, 9_999, 10_000, 14_999, 15_000, 15_009, 15_010];
  const { sent } = play({ steps }, times.map((now) => look(now)));
  assertEquals(sent, [
    { signal: 15, now: 0 },
    { signal: 2, now: 10_000 },
    { signal: KILL, now: 15_000 },
    { signal: KILL, now: 15_010 },
  ]);
});

Deno.test("schedule: no step at all is KILL at once, so many times and no more", () => {
  const schedule = { steps: [], mostKills: 3 };
  const events = Array.from({ length: 10 }, (_, i) => look(10 * i));
  const { sent, last } = play(schedule, events);
  assertEquals(sent.map(({ signal }) => signal), [KILL, KILL, KILL]);
  assertEquals(last, { phase: "over", empty: false });
});

Deno.test("schedule: who may not be signalled has the grace, and is given up long before others", () => {
  const events = (found: LookFinding) => Array.from({ length: 100 }, (_, i) => look(10 * i, found));
  const killing: TerminationEvent = { type: "hurry", now: 0 };
  assertEquals(play({ steps }, events("refused")).last.phase, "asking");
  assertEquals(play({ steps }, [killing, ...events("refused")]).sent.length, 20);
  assertEquals(play({ steps }, [killing, ...events("known")]).sent.length, 100);
});

Deno.test("schedule: newcomers get the last signal, long before the next step", () => {
  const first = nextTerminationStep(firstTerminationState(0), look(0, "newcomers"), { steps });
  assertEquals(first.action, { do: "signal", signal: 15 });
  const second = nextTerminationStep(first.state, look(1, "newcomers"), { steps });
  assertEquals(second.action, { do: "signal-newcomers" });
  assertEquals(nextTerminationStep(second.state, look(2), { steps }).action, { do: "nothing" });
});

Deno.test("schedule: a look that found nobody takes no step, even when it is not believed", () => {
  const schedule = { steps, quietLooks: 2 };
  const { sent, last } = play(schedule, [look(0), look(1, "nobody"), look(2), look(3, "unproven")]);
  assertEquals(sent.length, 1);
  assertEquals(last, { phase: "asking", taken: 1, quiet: 0, due: 10_000, lookAt: 8 });
  // A process that one look missed keeps its full grace period.
  assertEquals(nextTerminationStep(last, look(8), schedule).action, { do: "nothing" });
});

Deno.test("schedule: nothing is sent before the first step is due, unless it is hurried", () => {
  const waiting = firstTerminationState(100);
  assertEquals(nextTerminationStep(waiting, look(99, "known"), { steps }).action, {
    do: "nothing",
  });
  const hurried = nextTerminationStep(waiting, { type: "hurry", now: 50 }, { steps }).state;
  assertEquals(nextTerminationStep(hurried, look(50), { steps }).action, {
    do: "signal",
    signal: KILL,
  });
});

Deno.test("schedule: time in which nobody could do anything does not count", () => {
  const asked = nextTerminationStep(firstTerminationState(0), look(0), { steps }).state;
  const late = nextTerminationStep(asked, { type: "postpone", ms: 60_000 }, { steps }).state;
  assertEquals(nextTerminationStep(late, look(69_999), { steps }).action, { do: "nothing" });
  assertEquals(nextTerminationStep(late, look(70_000), { steps }).action, {
    do: "signal",
    signal: 2,
  });
});

const anySchedule: fc.Arbitrary<StopSchedule> = fc.record({
  steps: fc.array(
    fc.record({ signal: fc.constantFrom(1, 2, 15), wait: fc.nat(50) }),
    { maxLength: 4 },
  ),
  quietLooks: fc.integer({ min: 1, max: 3 }),
  mostKills: fc.integer({ min: 1, max: 4 }),
});
const anyFound = fc.constantFrom<LookFinding>(
  "nobody",
  "unproven",
  "refused",
  "known",
  "newcomers",
);
const anyEvents = fc.array(
  fc.tuple(fc.nat(30), anyFound, fc.constantFrom("look", "look", "look", "hurry", "postpone")),
  { maxLength: 40 },
).map((rows) => {
  let now = 0;
  return rows.map(([ms, found, type]): TerminationEvent => {
    now += ms;
    if (type === "hurry") return { type, now };
    return type === "postpone" ? { type, ms } : look(now, found);
  });
});

const PHASES = ["asking", "killing", "over"];

Deno.test("schedule: no impossible states, whatever happens", () => {
  fc.assert(fc.property(anySchedule, anyEvents, (schedule, events) => {
    const { sent, states } = play(schedule, events);
    for (const [i, state] of states.entries()) {
      const before = states[Math.max(0, i - 1)];
      assert(PHASES.indexOf(state.phase) >= PHASES.indexOf(before.phase), "it goes one way");
      if (state.phase === "over") {
        const event = events[i - 1];
        const isEmpty = event?.type === "look" && event.found === "nobody";
        if (before.phase !== "over") {
          assertEquals(state.empty, isEmpty, "who is left is not denied");
        }
        continue;
      }
      const at = events[i - 1];
      if (at?.type === "look") {
        assert(state.lookAt <= Math.max(state.due, at.now + 5), "a step is not slept through");
      }
      assert(state.quiet < schedule.quietLooks!, "what is proven is over");
      if (state.phase === "asking") assert(state.taken <= schedule.steps.length);
      else assert(state.kills <= schedule.mostKills!);
    }
    const kills = sent.findIndex(({ signal }) => signal === KILL);
    const asked = kills < 0 ? sent : sent.slice(0, kills);
    assertEquals(
      asked.map(({ signal }) => signal),
      schedule.steps.slice(0, asked.length).map(({ signal }) => signal),
      "the steps in their order",
    );
    if (kills >= 0) assert(sent.slice(kills).every(({ signal }) => signal === KILL));
    const isHurried = events.some(({ type }) => type === "hurry");
    for (const [i, { now }] of sent.entries()) {
      const wait = i === 0 ? 0 : schedule.steps[i - 1]?.wait ?? 10;
      if (i > 0 && !isHurried) assert(now - sent[i - 1].now >= wait, "a grace is kept");
    }
    if (kills >= 0 && !isHurried) assertEquals(asked.length, schedule.steps.length);
  }));
});

Deno.test("schedule: it comes to an end, whoever is there", () => {
  fc.assert(fc.property(anySchedule, anyFound, (schedule, found) => {
    fc.pre(found !== "unproven");
    let state = firstTerminationState(0);
    for (let now = 0, looks = 0; state.phase !== "over"; looks++) {
      assert(looks < 100);
      now = Math.max(now, state.lookAt);
      state = nextTerminationStep(state, look(now, found), schedule).state;
    }
  }));
});
