import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { nextRunStep, type RunAction, type RunEvent, type RunState } from "../../src/with/state.ts";

const HUP = 1, INT = 2, TERM = 15, TSTP = 20, TTIN = 21, USR1 = 10, CONT = 18;

const sent = (number: number): RunEvent => ({
  type: "signal",
  number,
  forMain: number,
  typed: false,
});
const typed = (number: number): RunEvent => ({ type: "signal", number, typed: true });
const mainEnded = (plains: number, bySignal = false): RunEvent => ({
  type: "main-ended",
  bySignal,
  plains,
});
const stopped = (signal: number, jobControl: boolean): RunEvent => ({
  type: "stopped",
  signal,
  foreground: "program",
  jobControl,
});

/** Where events lead from a state, and what is done on the way, in short. */
function run(from: RunState, ...events: RunEvent[]): [RunState, string[]] {
  let state = from;
  const done: string[] = [];
  for (const event of events) {
    const step = nextRunStep(state, event);
    state = step.state;
    done.push(...step.actions.map(short));
  }
  return [state, done];
}

function short(action: RunAction): string {
  if (action.do === "forward") return `forward ${action.signal}`;
  if (action.do === "end") return `end ${action.because}`;
  return action.do;
}

Deno.test("with: main starts when all are ready, and its end is the end", () => {
  const events: RunEvent[] = [{ type: "ready" }, mainEnded(0), { type: "empty" }];
  assertEquals(run("starting", ...events), ["done", ["start-main", "end done"]]);
});

Deno.test("with: plain children are waited for, unless main was interrupted", () => {
  assertEquals(run("running", mainEnded(2), { type: "plains-ended" }), ["ending", ["end done"]]);
  assertEquals(run("running", mainEnded(2, true)), ["ending", ["end done"]]);
  assertEquals(run("running", mainEnded(2), typed(INT)), ["ending", ["end 2"]]);
});

Deno.test("with: before main starts, a signal to end ends everything, a second one kills", () => {
  for (const number of [HUP, INT, 3, TERM]) {
    assertEquals(run("starting", typed(number)), ["ending", [`end ${number}`]]);
  }
  const twice = run("starting", typed(INT), typed(INT));
  assertEquals(twice, ["ending", ["end 2", "hurry"]]);
  assertEquals(run("starting", sent(USR1)), ["starting", []]);
  assertEquals(run("starting", typed(TSTP)), ["starting", ["pause"]]);
});

Deno.test("with: a key is main's affair, a signal is passed on", () => {
  assertEquals(run("running", typed(INT), typed(INT)), ["running", []]);
  assertEquals(run("running", sent(USR1)), ["running", ["forward 10"]]);
  assertEquals(run("running", sent(HUP)), ["leaving", ["forward 1"]]);
  assertEquals(run("running", sent(TERM)), ["leaving", ["forward 15", "deadline"]]);
});

Deno.test("with: told to end twice, or too slow, everything is ended", () => {
  const twice = run("running", sent(TERM), sent(TERM));
  assertEquals(twice, ["ending", ["forward 15", "deadline", "end 15", "hurry"]]);
  const slow = run("running", sent(TERM), { type: "overdue" });
  assertEquals(slow, ["ending", ["forward 15", "deadline", "end done"]]);
  assertEquals(run("leaving", mainEnded(3)), ["ending", ["end done"]]);
  assertEquals(run("leaving", sent(HUP)), ["leaving", ["forward 1"]]);
});

Deno.test("with: Ctrl-Z and fg", () => {
  assertEquals(run("running", stopped(TSTP, true)), ["paused", ["pause"]]);
  assertEquals(run("paused", sent(CONT)), ["running", ["resume"]]);
  assertEquals(run("running", stopped(TSTP, false)), ["running", ["resume"]]);
  assertEquals(run("running", stopped(TTIN, true)), ["running", ["resume"]]);
  const killed = run("paused", sent(TERM));
  assertEquals(killed, ["leaving", ["forward 15", "resume", "deadline"]]);
  assertEquals(run("leaving", stopped(TSTP, true)), ["leaving", ["resume"]]);
});

Deno.test("with: a failure ends everything, whenever", () => {
  for (const state of ["starting", "running", "paused", "leaving", "waiting"] as const) {
    assertEquals(run(state, { type: "failed" }), ["ending", ["end failed"]]);
  }
  assertEquals(run("ending", { type: "failed" }), ["ending", []]);
});

Deno.test("with: from every state an end is reached, and everything is ended once", () => {
  const event = fc.oneof(
    fc.constantFrom<RunEvent>({ type: "ready" }, { type: "failed" }, { type: "plains-ended" }),
    fc.constantFrom<RunEvent>({ type: "overdue" }),
    fc.integer({ min: 1, max: 64 }).map(sent),
    fc.integer({ min: 1, max: 31 }).map(typed),
    fc.boolean().map((job) => stopped(TSTP, job)),
    fc.nat(2).map((plains) => mainEnded(plains)),
  );
  fc.assert(fc.property(fc.array(event), (events) => {
    const [state, done] = run("starting", ...events, { type: "failed" }, { type: "empty" });
    assertEquals(state, "done");
    assertEquals(done.filter((one) => one.startsWith("end ")).length, 1);
    assertEquals(done.filter((one) => one === "start-main").length <= 1, true);
  }));
});
