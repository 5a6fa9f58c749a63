import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { KeptEvent, KeptRules } from "../../../src/keeper/policy/kept_event.ts";
import {
  isKeptPhase,
  KEPT_PHASES,
  type KeptPhase,
  type KeptRun,
  type KeptState,
  MOST_RUNS,
} from "../../../src/keeper/records/kept_state.ts";
import { dutyOf } from "../../../src/keeper/policy/duty.ts";
import { firstKeptState, nextKeptStep } from "../../../src/keeper/policy/state.ts";
import { settingsOf } from "../samples.ts";
import { stateAfter } from "../state_after.ts";
import { runs } from "../../property_runs.ts";

const PROGRAM = { pid: 100, startTicks: 1 };

function rulesOf(
  changes: Partial<KeptRules["settings"]> = {},
  intent: Partial<KeptRules["intent"]> = {},
): KeptRules {
  return {
    settings: settingsOf(changes),
    intent: { wanted: "run", serial: 1, startSerial: 1, by: "imp start web", ...intent },
    now: 10_000,
    random: 0,
  };
}

function runOf(changes: Partial<KeptRun> = {}): KeptRun {
  const times = { startedAt: 1000, endedAt: 9000 };
  return {
    ...{ pid: 100, ...times, kind: "error", exitCode: 1, core: false, failedStart: false },
    lastLines: [],
    ...changes,
  };
}

function stateIn(phase: KeptPhase, changes: Partial<KeptState> = {}): KeptState {
  const program = ["running", "stopping"].includes(phase) ? { program: PROGRAM } : {};
  const nextStartAt = phase === "waiting" ? { nextStartAt: 20_000 } : {};
  return {
    ...firstKeptState("boot"),
    ...{ phase, intentSerial: 1, startSerial: 1, ...program, ...nextStartAt },
    ...changes,
  };
}

Deno.test("a start, a program that runs, its end, and the next one", () => {
  const rules = rulesOf();
  const starting = stateAfter(firstKeptState("boot"), rules, { type: "wanted-start" });
  assertEquals([starting.phase, starting.startSerial, dutyOf(starting, rules.settings).do], [
    "starting",
    1,
    "start",
  ]);
  const running = stateAfter(starting, rules, { type: "started", program: PROGRAM });
  assertEquals([running.phase, running.readyAt], ["running", 10_000]);
  const again = stateAfter(running, rules, { type: "ended", run: runOf(), left: false });
  assertEquals([again.phase, again.program, again.restarts, again.failures], [
    "starting",
    undefined,
    1,
    0,
  ]);
  const short = stateAfter(
    stateAfter(again, rules, { type: "started", program: PROGRAM }),
    rules,
    { type: "ended", run: runOf({ failedStart: true }), left: false },
  );
  assertEquals([short.phase, short.nextStartAt, short.restarts, short.failures], [
    "waiting",
    10_100,
    2,
    1,
  ]);
  assertEquals(stateAfter(short, rules, { type: "due" }).phase, "starting");
});

Deno.test("a program that is to be ready is starting until it says so", () => {
  const rules = rulesOf({ ready: ["notify"] });
  const started = stateAfter(stateIn("starting"), rules, { type: "started", program: PROGRAM });
  assertEquals([started.phase, dutyOf(started, rules.settings).do], ["starting", "await-ready"]);
  assertEquals(stateAfter(started, rules, { type: "ready" }).phase, "running");
  const late = stateAfter(started, rules, { type: "not-ready", reason: "not ready within 30 s" });
  assertEquals([late.phase, late.endedBy], ["stopping", "imp keeper: not ready within 30 s"]);
  const run = runOf({ kind: "killed", signal: "TERM", failedStart: true });
  const ended = stateAfter(late, rules, { type: "ended", run, left: false }, { type: "empty" });
  assertEquals([ended.phase, ended.failures], ["waiting", 1]);
  assertEquals(ended.runs.at(-1)!.by, "imp keeper: not ready within 30 s");
});

Deno.test("a program that makes a daemon of itself is what its first process leaves", () => {
  const rules = rulesOf({ forking: true });
  const started = stateAfter(stateIn("starting"), rules, { type: "started", program: PROGRAM });
  assertEquals([started.phase, dutyOf(started, rules.settings).do], ["starting", "await-fork"]);
  const heir = { pid: 101, startTicks: 2 };
  const running = stateAfter(started, rules, { type: "handed-over", program: heir });
  assertEquals([running.phase, running.program, running.runs], ["running", heir, []]);
  const probed = rulesOf({ forking: true, ready: ["tcp:80"] });
  const waits = stateAfter(started, probed, { type: "handed-over", program: heir });
  assertEquals([waits.phase, dutyOf(waits, probed.settings).do], ["starting", "await-ready"]);
});

Deno.test("what a command has started and what cannot be executed fails for good; a restart does not", () => {
  const failure = { type: "start-failed", reason: "cannot execute /x: ENOENT" } as const;
  const first = stateAfter(stateIn("starting"), rulesOf(), failure);
  assertEquals([first.phase, first.reason], ["failed", "cannot execute /x: ENOENT"]);
  const later = stateAfter(stateIn("starting", { restarts: 1, failures: 2 }), rulesOf(), failure);
  assertEquals([later.phase, later.failures, later.reason], [
    "waiting",
    3,
    "cannot execute /x: ENOENT",
  ]);
});

Deno.test("what is stopped stays stopped: while it runs, starts, stops, and waits", () => {
  const rules = rulesOf({ restart: "always" }, {
    wanted: "stop",
    serial: 2,
    by: "imp stop web",
  });
  for (const phase of ["starting", "running", "stopping"] as const) {
    const asked = stateAfter(stateIn(phase, { program: PROGRAM }), rules, { type: "wanted-stop" });
    assertEquals([asked.phase, asked.endedBy], ["stopping", "imp stop web"], phase);
    const run = runOf({ kind: "killed", signal: "TERM", exitCode: undefined, failedStart: true });
    const over = stateAfter(asked, rules, { type: "ended", run, left: true }, { type: "empty" });
    assertEquals([over.phase, over.intentSerial, over.program], ["stopped", 2, undefined], phase);
    const noted = over.runs.at(-1)!;
    assertEquals([noted.by, noted.failedStart], ["imp stop web", false], phase);
  }
  // Its end may be reported before the command is seen.
  const first = stateAfter(stateIn("running"), rules, { type: "ended", run: runOf(), left: false });
  assertEquals(first.phase, "stopped");
  assertEquals(stateAfter(stateIn("waiting"), rules, { type: "wanted-stop" }).phase, "stopped");
});

Deno.test("a stop that a start has followed at once has ended the run all the same", () => {
  const rules = rulesOf({ hooks: { onFail: ["x"] } }, { serial: 3, startSerial: 3 });
  const run = runOf({ kind: "killed", signal: "TERM", failedStart: true, by: "imp stop web" });
  const event = { type: "ended", run, left: false, wanted: true } as const;
  const { state, actions } = nextKeptStep(stateIn("running"), event, rules);
  assertEquals([state.phase, state.startSerial, actions], ["starting", 3, []]);
  assertEquals(state.runs[0].failedStart, false);
});

Deno.test("a signal to the keeper ends it and keeps what its owner wants", () => {
  const rules = rulesOf({ restart: "always" });
  const asked = { type: "asked", signal: "TERM" } as const;
  assertEquals(stateAfter(stateIn("waiting"), rules, asked).phase, "stopped");
  const ending = stateAfter(stateIn("running"), rules, asked);
  const over = stateAfter(ending, rules, { type: "ended", run: runOf(), left: false }, {
    type: "empty",
  });
  assertEquals([over.phase, over.reason], ["stopped", "imp keeper: it got TERM"]);
});

Deno.test("a restart waits until the old tree is gone, and is never limited", () => {
  const rules = rulesOf({ maxRestarts: { count: 1, withinMs: 1e9 } }, {
    serial: 2,
    startSerial: 2,
    by: "imp restart web",
  });
  const running = stateIn("running", { restarts: 9, failures: 9, restartTimes: [9999] });
  const ending = stateAfter(running, rules, { type: "wanted-start" });
  assertEquals([ending.phase, dutyOf(ending, rules.settings).do], ["stopping", "end-tree"]);
  const left = stateAfter(ending, rules, { type: "ended", run: runOf(), left: true });
  assertEquals(left.phase, "stopping");
  const again = stateAfter(left, rules, { type: "empty" });
  assertEquals([again.phase, again.restarts, again.failures, again.startSerial], [
    "starting",
    0,
    0,
    2,
  ]);
  const stuck = stateAfter(left, rules, { type: "stuck", who: "pid 7 (x)" });
  assertEquals(stuck.phase, "failed");
  assertMatch(stuck.reason!, /^pid 7 \(x\) cannot be ended, and a second copy/);
});

Deno.test("what imp ends for its age begins again at once, what hangs has failed", () => {
  const rules = rulesOf();
  const run = runOf({ kind: "killed", signal: "TERM" });
  const overdue = (recycle: boolean) =>
    stateAfter(
      stateIn("running"),
      rules,
      { type: "overdue", by: "imp keeper: it is old", recycle },
      {
        type: "ended",
        run,
        left: false,
      },
    );
  const old = nextKeptStep(overdue(true), { type: "empty" }, rules).state;
  assertEquals([old.phase, old.restarts, old.failures], ["starting", 1, 0]);
  const once = rulesOf({ restart: "no" });
  assertEquals(nextKeptStep(overdue(true), { type: "empty" }, once).state.phase, "finished");
  assertEquals(nextKeptStep(overdue(false), { type: "empty" }, once).state.phase, "failed");
});

Deno.test("hooks: when it is ready, and when a run has failed that nobody has ended", () => {
  const hooks = { post: ["post"], onFail: ["fail"] };
  const rules = rulesOf({ hooks });
  const actions = (state: KeptState, event: KeptEvent, of = rules) =>
    nextKeptStep(state, event, of).actions.map((action) => action.hook);
  assertEquals(actions(stateIn("starting"), { type: "started", program: PROGRAM }), ["post"]);
  const ended = { type: "ended", run: runOf(), left: false } as const;
  assertEquals(actions(stateIn("running"), ended), ["onFail"]);
  assertEquals(actions(stateIn("starting"), { type: "start-failed", reason: "x" }), ["onFail"]);
  const well = { ...ended, run: runOf({ kind: "normal" }) };
  assertEquals(actions(stateIn("running"), well), []);
  assertEquals(actions(stateIn("stopping", { next: "leave" }), ended), []);
});

// A world in which anything happens: programs die, commands come, trees refuse to end, turns are killed anywhere.

interface World {
  state: KeptState;
  rules: KeptRules;
  alive: boolean;
  others: boolean;
  pids: number;
}

const events = fc.constantFrom(
  ...["start", "stop", "asked", "die", "die-badly", "die-leaving", "duty", "duty", "duty", "ready"],
  ...["overdue", "late", "tick", "stuck"],
);
const policies = fc.record({
  restart: fc.constantFrom("no", "on-failure", "always"),
  ready: fc.constantFrom([], ["notify"]),
  maxRestarts: fc.constantFrom(undefined, { count: 2, withinMs: 60_000 }),
});

function feed(world: World, event: KeptEvent): void {
  world.state = nextKeptStep(world.state, event, world.rules).state;
  assertPossible(world.state);
}

function assertPossible(state: KeptState): void {
  const { phase, program, nextStartAt, runs } = state;
  assert(program === undefined || ["starting", "running", "stopping"].includes(phase), phase);
  assert((nextStartAt !== undefined) === (phase === "waiting"), phase);
  assert(phase !== "running" || program !== undefined);
  assert(runs.length <= MOST_RUNS);
  assert(isKeptPhase(phase) || dutyOf(state, { forking: false }).do === "leave");
  // What is undefined is not written: a record that comes back is the same one.
  assertEquals(
    nextKeptStep(JSON.parse(JSON.stringify(state)), { type: "due" }, rulesOf()).state
      .phase,
    nextKeptStep(state, { type: "due" }, rulesOf()).state.phase,
  );
}

function want(world: World, wanted: "run" | "stop"): void {
  const { intent } = world.rules;
  const serial = intent.serial + 1;
  const startSerial = wanted === "run" ? serial : intent.startSerial;
  const by = `imp ${wanted}`;
  world.rules = { ...world.rules, intent: { wanted, serial, startSerial, by } };
  feedIntent(world);
}

/** What each turn is told again as long as it holds. */
function feedIntent(world: World): void {
  const { intent } = world.rules;
  if (intent.wanted === "stop") feed(world, { type: "wanted-stop" });
  else if (intent.startSerial > world.state.startSerial) feed(world, { type: "wanted-start" });
}

function die(world: World, failedStart: boolean, left: boolean): void {
  if (!world.alive) return;
  world.alive = false;
  world.others ||= left;
  const { now } = world.rules;
  const run = runOf({ startedAt: now - 50, endedAt: now, failedStart });
  feed(world, { type: "ended", run, left: world.others });
}

function doDuty(world: World): void {
  feedIntent(world);
  switch (dutyOf(world.state, { forking: false }).do) {
    case "start":
      assert(!world.alive, "a second copy");
      assert(!world.others, "a copy beside the old tree");
      world.alive = true;
      return feed(world, { type: "started", program: { pid: world.pids++, startTicks: 1 } });
    case "end-tree":
      world.others = false;
      die(world, false, false);
      if (world.state.phase === "stopping") feed(world, { type: "empty" });
      return;
    case "wait":
      world.rules = { ...world.rules, now: world.state.nextStartAt! };
      return feed(world, { type: "due" });
    case "leave":
      assert(!world.alive, "left alone");
  }
}

function happen(world: World, event: string): void {
  switch (event) {
    case "start":
      return want(world, "run");
    case "stop":
      return want(world, "stop");
    case "asked":
      return feed(world, { type: "asked", signal: "TERM" });
    case "die":
      return die(world, false, false);
    case "die-badly":
      return die(world, true, false);
    case "die-leaving":
      return die(world, false, true);
    case "duty":
      return doDuty(world);
    case "ready":
      return world.alive ? feed(world, { type: "ready" }) : undefined;
    case "late":
      return feed(world, { type: "not-ready", reason: "late" });
    case "overdue":
      return feed(world, { type: "overdue", by: "imp keeper: old", recycle: true });
    case "tick":
      return void (world.rules = { ...world.rules, now: world.rules.now + 1000 });
    case "stuck":
      if (world.state.phase !== "stopping" || world.alive) return;
      // The processes that are left belong to nobody.
      world.others = false;
      return feed(world, { type: "stuck", who: "pid 7" });
  }
}

Deno.test("whatever happens: no second copy, no impossible state, and a stop is final", () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), policies, (list, policy) => {
      const world: World = {
        state: firstKeptState("boot"),
        rules: rulesOf(policy as Partial<KeptRules["settings"]>),
        alive: false,
        others: false,
        pids: 100,
      };
      for (const event of list) happen(world, event);
      want(world, "stop");
      for (let i = 0; i < 5; i++) doDuty(world);
      const over = world.state.phase;
      assert(["stopped", "finished", "failed"].includes(over), over);
      assert(!world.alive && !world.others);
      happen(world, "tick");
      feed(world, { type: "due" });
      doDuty(world);
      assert(!world.alive, "started again");
    }),
    runs(2000),
  );
});

Deno.test("an event that means nothing in a phase changes nothing", () => {
  const impossible: Record<KeptPhase, KeptEvent["type"][]> = {
    starting: ["empty", "stuck", "due", "called"],
    running: ["called", "started", "start-failed", "ready", "not-ready", "empty", "stuck", "due"],
    stopping: ["called", "idle", "started", "start-failed", "ready", "not-ready", "due", "overdue"],
    waiting: [
      "called",
      "idle",
      "started",
      "start-failed",
      "ended",
      "ready",
      "not-ready",
      "empty",
      "overdue",
    ],
    scheduled: [
      "started",
      "start-failed",
      "ended",
      "ready",
      "not-ready",
      "empty",
      "overdue",
      "due",
    ],
    watching: ["started", "start-failed", "ended", "ready", "empty", "overdue", "due", "met"],
    pending: ["started", "start-failed", "ended", "ready", "empty", "overdue", "due", "changed"],
    listening: ["started", "start-failed", "ended", "ready", "empty", "overdue", "due", "idle"],
    stopped: [
      "called",
      "idle",
      "wanted-stop",
      "asked",
      "started",
      "ended",
      "ready",
      "due",
      "empty",
      "overdue",
    ],
    finished: ["wanted-stop", "asked", "started", "ended", "ready", "due", "empty", "overdue"],
    failed: ["wanted-stop", "asked", "started", "ended", "ready", "due", "empty", "overdue"],
  };
  for (const phase of KEPT_PHASES) {
    for (const type of impossible[phase]) {
      const state = stateIn(phase);
      const event = { type, run: runOf(), program: PROGRAM, reason: "", who: "", by: "" };
      assertEquals(nextKeptStep(state, event as unknown as KeptEvent, rulesOf()), {
        state,
        actions: [],
      }, `${phase} ${type}`);
    }
  }
});
