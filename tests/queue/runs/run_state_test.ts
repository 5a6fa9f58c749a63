import { assertEquals } from "@std/assert";
import { USUAL_LANE } from "../../../src/queue/lanes.ts";
import {
  queueRunState,
  type RunFacts,
  totalJobs,
  waitingJobs,
} from "../../../src/queue/runs/run_state.ts";

function facts(more: Partial<RunFacts>, ended = 0, queued = ended < 10, last = 10): RunFacts {
  const counts = { ended, failed: 0, last, parked: 0, queued };
  return {
    ...{ run: "r", setup: undefined, closed: undefined, order: "go on", attached: false, counts },
    ...{ served: undefined, begun: 0, now: Date.now() },
    ...more,
  };
}

const CLOSED = { closed: { total: 10, whole: true } };
const CUT = { closed: { total: 10, whole: false } };

Deno.test("the state of a run whose time has not come", () => {
  const about = { run: "r", created: 0, user: "u", host: "h", command: "c", lane: USUAL_LANE };
  const at = (notBefore: number) => ({ setup: { ...about, setup: {}, notBefore } });
  const later = at(Date.now() + 60_000);
  assertEquals(queueRunState(facts({ ...CLOSED, ...later })), "delayed");
  assertEquals(queueRunState(facts({ ...later, attached: true })), "delayed");
  assertEquals(queueRunState(facts({ ...CLOSED, ...later, order: "pause" })), "paused");
  assertEquals(queueRunState(facts({ ...CLOSED, ...later, order: "cancel" })), "cancelling");
  assertEquals(queueRunState(facts({ ...CLOSED, ...later }, 10)), "done");
  assertEquals(queueRunState(facts({ ...CLOSED, ...at(1) })), "running");
});

Deno.test("the state of a run", () => {
  assertEquals(queueRunState(facts({ attached: true }, 3)), "submitting");
  assertEquals(queueRunState(facts({ ...CLOSED, attached: true }, 3)), "running");
  assertEquals(queueRunState(facts(CLOSED, 3)), "running");
  assertEquals(queueRunState(facts(CLOSED, 10)), "done");
  // Its end is recorded and not acknowledged.
  assertEquals(queueRunState(facts(CLOSED, 10, true)), "running");
  assertEquals(queueRunState(facts({}, 3)), "running");
  assertEquals(queueRunState(facts({}, 10)), "left");
  assertEquals(queueRunState(facts(CUT, 3, false)), "left");
  assertEquals(queueRunState(facts({ attached: true }, 10)), "submitting");
});

Deno.test("what was ordered shows until a run is over", () => {
  assertEquals(queueRunState(facts({ ...CLOSED, order: "pause" }, 3)), "paused");
  assertEquals(queueRunState(facts({ ...CLOSED, order: "pause" }, 10)), "done");
  assertEquals(queueRunState(facts({ ...CLOSED, order: "cancel" }, 3)), "cancelling");
  assertEquals(queueRunState(facts({ ...CUT, order: "cancel" }, 3, false)), "cancelled");
});

Deno.test("how many jobs there are is known by what was seen of them", () => {
  const seen = facts({}, 3, true, 7);
  assertEquals([totalJobs(seen), waitingJobs(seen)], [7, 4]);
  const closed = facts(CLOSED, 3, true, 7);
  assertEquals([totalJobs(closed), waitingJobs(closed)], [10, 7]);
  assertEquals(waitingJobs(facts(CUT, 3, false)), 0);
});
