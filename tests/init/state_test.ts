import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Leftovers } from "../../src/init/settings.ts";
import {
  type InitAction,
  type InitEvent,
  type InitState,
  nextInitStep,
} from "../../src/init/state.ts";

const STATES: InitState[] = ["running", "paused", "ending", "done"];
const does = (actions: readonly InitAction[]) =>
  actions.map((action) => "signal" in action ? `${action.do} ${action.signal}` : action.do);
const rules = (leftovers: Leftovers, stopsOnSignal = false) => ({ leftovers, stopsOnSignal });
const sent = (number: number, received = number): InitEvent => ({
  type: "signal",
  number,
  received,
});
const step = (
  state: InitState,
  event: InitEvent,
  leftovers: Leftovers = "end",
  stopsOnSignal = false,
) => {
  const { state: then, actions } = nextInitStep(state, event, rules(leftovers, stopsOnSignal));
  return [then, ...does(actions)];
};

Deno.test("init's table: signals go to the program, later to what it left", () => {
  const term = sent(15);
  assertEquals(step("running", term), ["running", "forward 15"]);
  assertEquals(step("paused", term), ["paused", "forward 15"]);
  assertEquals(step("paused", sent(18)), ["running", "resume"]);
  assertEquals(step("ending", term), ["ending", "signal-leftovers 15"]);
  assertEquals(step("ending", sent(20)), ["ending"]);
  for (const state of STATES) assertEquals(step(state, sent(0, 15)), [state], "dropped");
});

Deno.test("init's table: the end of the program", () => {
  const ended = (alone: boolean): InitEvent => ({ type: "ended", alone });
  const asked = ["tell-leaks", "end-leftovers"];
  assertEquals(step("running", ended(true)), ["done"]);
  assertEquals(step("running", ended(false)), ["ending", ...asked]);
  assertEquals(step("paused", ended(false)), ["ending", ...asked]);
  assertEquals(step("running", ended(false), "leave"), ["done"]);
  assertEquals(step("running", ended(true), "ask"), ["done", "forward 15"]);
  assertEquals(step("ending", { type: "empty" }), ["done"]);
  assertEquals(step("ending", { type: "over" }), ["done"]);
  assertEquals(step("running", { type: "over" }), ["running"]);
});

Deno.test("init's table: a stopped program", () => {
  const stopped = (
    signal: number,
    foreground: "ours" | "program" | "other" | "none",
    jobControl: boolean,
    asked = false,
  ) => step("running", { type: "stopped", signal, foreground, jobControl, asked });
  assertEquals(stopped(20, "program", true), ["paused", "pause"]);
  assertEquals(stopped(19, "other", true), ["paused", "pause"]);
  assertEquals(stopped(21, "other", true), ["paused", "pause"]);
  assertEquals(stopped(21, "ours", true), ["running", "resume"], "fg of a job that runs");
  assertEquals(
    stopped(22, "program", true),
    ["running", "resume"],
    "it wanted the terminal too early",
  );
  assertEquals(stopped(20, "program", false), ["running", "resume"], "nobody could continue it");
  assertEquals(stopped(19, "none", false), ["running"]);
  assertEquals(stopped(20, "none", false), ["running"], "no terminal: nobody has typed Ctrl-Z");
  assertEquals(stopped(20, "program", false, true), ["running"], "who sent it can send CONT");
  assertEquals(stopped(21, "program", false, true), ["running"]);
  assertEquals(stopped(20, "program", true, true), ["paused", "pause"]);
});

Deno.test("init's table: as dumb-init it stops itself when it is told to", () => {
  const told = (number: number, received: number) =>
    step("running", sent(number, received), "ask", true);
  assertEquals(told(19, 20), ["paused", "forward 19", "pause"]);
  const stopped = { type: "stopped", signal: 19, foreground: "none", asked: true } as const;
  for (const jobControl of [true, false]) {
    const same = step("paused", { ...stopped, jobControl }, "ask", true);
    assertEquals(same, ["paused"], "the same stop, learnt of later");
  }
  assertEquals(told(21, 21), ["paused", "forward 21", "pause"]);
  assertEquals(told(0, 22), ["paused", "pause"], "also when the program is not to know");
  assertEquals(told(20, 15), ["running", "forward 20"], "what counts is what it got itself");
  assertEquals(step("paused", sent(18), "ask", true), ["running", "resume"]);
});

const anyEvent: fc.Arbitrary<InitEvent> = fc.oneof(
  fc.record({
    type: fc.constant("signal" as const),
    number: fc.integer({ min: 0, max: 64 }),
    received: fc.integer({ min: 1, max: 64 }),
  }),
  fc.record({
    type: fc.constant("stopped" as const),
    signal: fc.constantFrom(19, 20, 21, 22),
    foreground: fc.constantFrom(
      "ours" as const,
      "program" as const,
      "other" as const,
      "none" as const,
    ),
    jobControl: fc.boolean(),
    asked: fc.boolean(),
  }),
  fc.record({ type: fc.constant("ended" as const), alone: fc.boolean() }),
  fc.constant<InitEvent>({ type: "empty" }),
  fc.constant<InitEvent>({ type: "over" }),
);

Deno.test("init's table: whatever happens, it is defined, never goes back, and never stops without job control", () => {
  const order = (state: InitState) => Math.max(1, STATES.indexOf(state));
  fc.assert(fc.property(
    fc.array(anyEvent),
    fc.constantFrom<Leftovers>("end", "ask", "leave"),
    (events, leftovers) => {
      let state: InitState = "running";
      for (const event of events) {
        const { state: then, actions } = nextInitStep(state, event, rules(leftovers));
        if (order(then) < order(state)) return false;
        if (state === "done" && (then !== "done" || actions.length > 0)) return false;
        const pauses = actions.some((action) => action.do === "pause");
        if (pauses && !(event.type === "stopped" && event.jobControl)) return false;
        const kills = actions.some((action) => "signal" in action && action.signal === 9);
        if (kills && !(event.type === "signal" && event.number === 9)) return false;
        state = then;
      }
      return true;
    },
  ));
});

Deno.test("init's table: from every state it ends once the program has ended and what it left too", () => {
  fc.assert(fc.property(fc.array(anyEvent), (events) => {
    let state: InitState = "running";
    const all: InitEvent[] = [
      ...events,
      { type: "ended", alone: false },
      { type: "over" },
    ];
    for (const event of all) state = nextInitStep(state, event, rules("end")).state;
    return state === "done";
  }));
});
