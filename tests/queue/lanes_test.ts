import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import {
  checkWorkerTag,
  isUsualLane,
  laneOfWord,
  lanesFor,
  laneWord,
  PRIORITIES,
} from "../../src/queue/lanes.ts";
import type { QueueMessage } from "../../src/queue/link.ts";
import { jobOfSubject, laneOfWorkers, QueueSubjects, workersOf } from "../../src/queue/names.ts";
import { LanePuller } from "../../src/queue/worker/lane_puller.ts";
import { lanesServed } from "../../src/queue/worker/lanes_here.ts";

Deno.test("lanes: words, consumers and subjects tell which one", () => {
  const lanes = lanesFor(["gpu", "a_b-c", "gpu"]);
  const words = ["high", "normal", "low"].flatMap((priority) =>
    [`${priority}_gpu`, `${priority}_a_b-c`, priority].flatMap((word) => [`_${word}`, `__${word}`])
  );
  assertEquals(lanes.map(laneWord), words);
  const subjects = new QueueSubjects("q");
  for (const lane of lanes) {
    assertEquals(laneOfWord(laneWord(lane)), lane);
    assertEquals(laneOfWorkers(workersOf(lane)), lane);
    assertEquals(jobOfSubject(subjects.job("r", "1-2", lane)), { run: "r", key: "1-2" });
  }
  assertEquals(subjects.job("r", "1"), "imp.q.job.r.1");
  assertEquals(subjects.job("r", "1", { priority: "low" }), "imp.q.parked._low.r.1");
  assertEquals(workersOf({ priority: "normal" }), "workers");
  // A version that knows of no records would execute their words.
  assertEquals(workersOf({ priority: "normal", records: true }), "workers__normal");
  assertEquals(isUsualLane({ priority: "normal", records: true }), false);
  for (const word of ["", "high", "_", "_urgent", "_high_", "_high__x", "_high_a.b", "_high_*"]) {
    assertEquals(laneOfWord(word), undefined, word);
  }
  assertEquals(jobOfSubject("imp.q.parked.high.r.1"), undefined);
  assertEquals(jobOfSubject("imp.q.job._high.r.1"), undefined);
});

Deno.test("lanes: a tag is one word", () => {
  assertEquals(checkWorkerTag("--tag", "gpu-2_x"), "gpu-2_x");
  for (const tag of ["", "a b", "a.b", "*", "_x", "-x", "x".repeat(33), "ü"]) {
    assertThrows(() => checkWorkerTag("--tag", tag), UsageError, "is not a valid tag");
  }
});

Deno.test("lanes: a worker is asked for those that there are", () => {
  const words = (consumers: string[], tags: string[]) =>
    lanesServed(consumers, lanesFor(tags)).map(laneWord);
  const all = ["x", "workers", "workers_low", "workers_high_gpu", "workers_high"];
  assertEquals(words(["workers"], ["gpu"]), ["_normal"]);
  assertEquals(words(all, []), ["_high", "_normal", "_low"]);
  assertEquals(words(all, ["gpu"]), ["_high_gpu", "_high", "_normal", "_low"]);
});

const LANES = PRIORITIES.map((priority) => ({ priority }));

/** Servers of lanes, as far as a puller asks them. */
class Lanes {
  readonly waiting = new Map<string, number>();
  readonly taken: string[] = [];
  /** Requests that wait, by inbox. */
  private readonly pulls: { consumer: string; reply: string }[] = [];
  private readonly heard = new Map<string, (message: QueueMessage) => void>();
  private readonly timers: (() => void)[] = [];
  private readonly answers: (() => void)[] = [];
  room = 1;
  empty = 0;

  readonly puller: LanePuller;

  constructor(untilEmpty = false) {
    const { heard, timers, answers } = this;
    const link = {
      listen: (subject: string, then: (message: QueueMessage) => void) => {
        heard.set(subject.slice(0, -2), then);
        const end = () => void heard.delete(subject.slice(0, -2));
        return { end, drain: () => Promise.resolve().then(end) };
      },
      publish: (subject: string, data: Uint8Array, reply?: string) => {
        answers.push(() => this.asked(subject.split(".")[6], data, reply!));
        return true;
      },
      later: (_: number, then: () => void) => void timers.push(then),
      now: () => 0,
    };
    this.puller = new LanePuller(link, "S", LANES, untilEmpty, {
      job: ({ subject }) => {
        this.taken.push(subject);
        this.room--;
      },
      room: () => this.room,
      ahead: () => 0,
      empty: () => this.empty++,
      silence: { asked: () => {}, answered: () => {}, unanswered: () => {} },
    });
  }

  /** Until nothing is under way. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet++) {
      await Promise.resolve();
      if (this.answers.length > 0) quiet = 0;
      this.answers.shift()?.();
    }
  }

  add(consumer: string, jobs = 1): void {
    this.waiting.set(consumer, (this.waiting.get(consumer) ?? 0) + jobs);
    this.serve();
  }

  private asked(consumer: string, data: Uint8Array, reply: string): void {
    const { batch, no_wait } = JSON.parse(new TextDecoder().decode(data));
    if (!no_wait) {
      for (let i = 0; i < batch; i++) this.pulls.push({ consumer, reply });
      return this.serve();
    }
    const count = Math.min(batch, this.waiting.get(consumer) ?? 0);
    if (count === 0) this.send(reply, { subject: reply, status: 404 });
    for (let i = 0; i < count; i++) this.give(consumer, reply);
  }

  private serve(): void {
    for (const pull of [...this.pulls]) {
      if (!this.heard.has(inboxOf(pull.reply)) || !this.waiting.get(pull.consumer)) continue;
      this.pulls.splice(this.pulls.indexOf(pull), 1);
      this.give(pull.consumer, pull.reply);
    }
  }

  private give(consumer: string, reply: string): void {
    const left = this.waiting.get(consumer)! - 1;
    this.waiting.set(consumer, left);
    this.send(reply, { subject: consumer, reply: `$JS.ACK.S.${consumer}.1.1.1.0.${left}` });
  }

  private send(reply: string, parts: Partial<QueueMessage>): void {
    const none = { subject: "", reply: "", data: new Uint8Array(0), status: 0, description: "" };
    this.heard.get(inboxOf(reply))?.({ ...none, header: () => "", ...parts });
  }
}

function inboxOf(reply: string): string {
  return reply.slice(0, reply.lastIndexOf("."));
}

Deno.test("lanes: the higher one is emptied first, whenever there is room", async () => {
  const lanes = new Lanes();
  lanes.add("workers_low", 3);
  lanes.add("workers", 2);
  lanes.add("workers_high", 2);
  lanes.room = 3;
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.taken, ["workers_high", "workers_high", "workers"]);
  lanes.add("workers_high");
  lanes.room = 2;
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.taken.slice(3), ["workers_high", "workers"]);
  lanes.room = 9;
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.taken.slice(5), ["workers_low", "workers_low", "workers_low"]);
});

Deno.test("lanes: one that waits at all of them takes back the other requests when a job comes", async () => {
  const lanes = new Lanes();
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.taken, []);
  lanes.add("workers_low");
  await lanes.settle();
  assertEquals(lanes.taken, ["workers_low"]);
  // It has no room now: other workers get these.
  lanes.add("workers_high");
  lanes.add("workers_low");
  await lanes.settle();
  assertEquals(lanes.taken, ["workers_low"]);
  lanes.room = 1;
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.taken, ["workers_low", "workers_high"]);
});

Deno.test("lanes: a queue is empty when all of them are", async () => {
  const lanes = new Lanes(true);
  lanes.add("workers_low");
  lanes.room = 5;
  lanes.puller.pull();
  await lanes.settle();
  assertEquals([lanes.taken, lanes.empty], [["workers_low"], 0]);
  lanes.puller.pull();
  await lanes.settle();
  assertEquals(lanes.empty, 1);
});
