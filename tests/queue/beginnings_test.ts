// How often a job was begun is what counts, not how often workers had it.
import { USUAL_LANE } from "../../src/queue/lanes.ts";
import { assertEquals } from "@std/assert";
import { decodeEnd, encodeJob } from "../../src/queue/records.ts";
import { encodeRunSetup } from "../../src/queue/run_records.ts";
import { StreamCalls } from "../../src/queue/stream_calls.ts";
import { CountedLine } from "../../src/queue/worker/counted_line.ts";
import type { DeliveryCase } from "../../src/queue/worker/delivery.ts";
import type { TakenJob } from "../../src/queue/worker/held_job.ts";
import { Taker } from "../../src/queue/worker/taker.ts";
import { randomNumbers } from "../e2e/random.ts";
import { SimulatedClock, SimulatedLink, SimulatedServer } from "./simulated_server.ts";

const NOTHING = new Uint8Array(0);

/** A queue with one job, and workers that come one after the other. */
class Trial {
  private readonly clock = new SimulatedClock();
  private readonly server = new SimulatedServer(this.clock, randomNumbers(1), "q", 30_000);
  private workers = 0;
  begun = 0;

  constructor(private readonly mostDeliveries: number) {
    const setup = {
      run: "r",
      created: 0,
      user: "u",
      host: "h",
      command: "c",
      lane: USUAL_LANE,
      setup: {},
    };
    this.server.runs.set(this.server.subjects.run("r", "setup"), encodeRunSetup(setup));
    const link = new SimulatedLink(this.server, () => 0);
    const data = encodeJob({ once: false, hasInput: false, job: NOTHING, input: NOTHING });
    new StreamCalls(link).keep(
      { subject: this.server.subjects.job("r", "1"), data, id: "1" },
      () => {},
    );
    this.wait(2000);
  }

  wait(ms: number): void {
    this.clock.runUntil(() => false, this.clock.now + ms);
  }

  /** A worker gets the job. @param lets whether it may begin it at once @param started what it does then */
  worker(lets: boolean, started: (taker: Taker, job: TakenJob) => void): Taker {
    const link = new SimulatedLink(this.server, () => 0);
    const { streams, subjects } = this.server;
    const isFirst = ({ deliveries }: { deliveries: number }) => deliveries === 1;
    const { mostDeliveries } = this;
    const about = {
      id: `w${++this.workers}`,
      host: "h",
      pid: 1,
      room: () => Infinity,
      slots: 1,
      mostDeliveries,
      isFirst,
    };
    const runner = {
      start: (job: TakenJob) => {
        this.begun++;
        started(taker, job);
      },
      cancel: () => {},
    };
    const gate = { ask: (pass: () => void) => lets ? pass() : undefined };
    const taker = new Taker(
      { streams, subjects, ...about },
      new StreamCalls(link),
      runner,
      () => {},
      gate,
    );
    link.deliver = (message) => taker.deliver(message);
    link.publish("pull", new TextEncoder().encode("1"));
    this.wait(3000);
    return taker;
  }

  get end() {
    const found = this.server.results.get(this.server.subjects.end("r", "1"));
    return found && decodeEnd(found.data);
  }
}

const ends = (taker: Taker, job: TakenJob) =>
  taker.ended(job, {
    ...{ ended: NOTHING, out: NOTHING, err: NOTHING, chunks: 0, firstChunk: 0, at: 0, pid: 1 },
  });

Deno.test("whoever leaves without having begun a job does not use up a delivery", () => {
  for (const mostDeliveries of [1, 2, 5]) {
    const trial = new Trial(mostDeliveries);
    for (let i = 0; i < 7; i++) {
      const taker = trial.worker(false, () => {});
      taker.leave();
      trial.wait(3000);
      assertEquals([taker.size, trial.end], [0, undefined]);
    }
    trial.worker(true, ends);
    trial.wait(3000);
    assertEquals([trial.begun, trial.end?.how], [1, "ran"], `${mostDeliveries} deliveries`);
  }
});

Deno.test("a job is given up when it was begun as often as is allowed, and says how often", () => {
  for (const mostDeliveries of [1, 2, 5]) {
    const trial = new Trial(mostDeliveries);
    for (let i = 0; !trial.end && i < 20; i++) {
      // Its process dies, or it is waiting in a process that dies.
      trial.worker(true, (taker, job) => taker.droppedJob(job, i % 2 === 0));
      trial.wait(3000);
    }
    const { how, deliveries } = trial.end!;
    assertEquals([how, deliveries], ["given up", mostDeliveries]);
  }
});

Deno.test("what is counted begins when there is room, and nothing behind it before", () => {
  const usual = { once: false, tooOften: false, counted: false, order: "go on", leaving: false };
  const cases = new Map<string, DeliveryCase>();
  for (const [name, counted] of [["a", false], ["b", true], ["c", false], ["d", true]] as const) {
    cases.set(name, { ...usual, counted } as DeliveryCase);
  }
  let room = false;
  const passed: string[] = [];
  const line = new CountedLine<string>(
    (one) => cases.get(one)!,
    () => room,
    (one) => passed.push(one),
  );
  for (const name of cases.keys()) line.add(name);
  assertEquals(passed, ["a"]);
  // It can no longer begin, and does not wait.
  cases.set("d", { ...cases.get("d")!, order: "cancel" });
  line.move();
  assertEquals(passed, ["a", "d"]);
  room = true;
  line.move();
  assertEquals(passed, ["a", "d", "b", "c"]);
});
