import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { decode, type Encoded } from "../../../src/multiprocessing/wire/codec.ts";
import { ClaimPages, type ClaimWord, TaskClaims } from "../../../src/multiprocessing/pool/claim.ts";
import { FROM_WORKER, KIND, TO_WORKER } from "../../../src/multiprocessing/pool/outcome.ts";
import {
  PoolWorker,
  type Task,
  type WorkerMessage,
} from "../../../src/multiprocessing/pool/worker.ts";
import { runs } from "../../property_runs.ts";

const pages = new ClaimPages(1);
const fn = { id: 0, reference: { module: "file:///x.ts", name: "x" } };

/** A worker that does only what it is told to, step by step. */
class Simulated {
  inbox: unknown[][] = [];
  answers: WorkerMessage[] = [];
  began: number[] = [];
  under: [number, number] | undefined;
  claims: TaskClaims;

  constructor(claim: ClaimWord) {
    this.claims = new TaskClaims(claim.word);
  }

  send({ bytes }: Encoded): void {
    this.inbox.push(decode(bytes) as unknown[]);
  }

  /** Begins the next task or notes that it was taken back, or answers the one under way. */
  step(): void {
    if (this.under) {
      this.answers.push([FROM_WORKER.done, this.under[0], this.under[1]]);
      this.under = undefined;
      return;
    }
    const message = this.inbox.shift();
    if (!message) return;
    if (message[0] === TO_WORKER.resume) return this.claims.resume();
    if (message[0] !== TO_WORKER.task) return;
    const number = message[1] as number, [value] = message[4] as number[];
    if (!this.claims.begin(number)) return;
    this.began.push(value);
    this.under = [number, value];
  }
}

type Move = "give" | "step" | "hear" | "look";
const moves = fc.array(
  fc.constantFrom<Move>("give", "give", "step", "step", "step", "hear", "look"),
  {
    maxLength: 120,
    size: "max",
  },
);

Deno.test("a worker: each task begins at most once and is settled exactly once, whenever it dies", () => {
  fc.assert(
    fc.property(moves, (moves) => {
      const claim = pages.take();
      const simulated = new Simulated(claim);
      const noop = () => {};
      const process = {
        pid: 1,
        send: (m: Encoded) => simulated.send(m),
        close: noop,
        ref: noop,
        unref: noop,
      };
      const worker = new PoolWorker(process, claim, Infinity);
      worker.hear([FROM_WORKER.ready]);
      const settled = new Map<number, unknown[]>();
      const pending: Task[] = [];
      let given = 0;
      const task = (value: number): Task => ({
        fn,
        kind: KIND.call,
        values: [value],
        settle: (outcome) => settled.set(value, [...settled.get(value) ?? [], outcome]),
      });
      for (const move of moves) {
        if (move === "give") {
          const next = pending.shift() ?? task(given++);
          if (worker.room > 0) worker.give(next);
          else pending.unshift(next);
        }
        if (move === "step") simulated.step();
        if (move === "hear" && simulated.answers.length > 0) {
          worker.hear(simulated.answers.shift()!);
        }
        if (move === "look") pending.unshift(...worker.takeBackIfStuck());
      }
      // It dies: what it has answered still arrives.
      for (const answer of simulated.answers) worker.hear(answer);
      const { lost, unbegun } = worker.settle();
      lost?.settle({ ok: false, error: "died" });
      pages.give(claim);
      const open = new Set([...unbegun, ...pending].map(({ values }) => values[0] as number));
      assertEquals(new Set(simulated.began).size, simulated.began.length, "begun twice");
      for (let value = 0; value < given; value++) {
        const outcomes = settled.get(value)?.length ?? 0;
        assertEquals(outcomes, open.has(value) ? 0 : 1, `task ${value}`);
        assertEquals(simulated.began.includes(value), !open.has(value), `task ${value}`);
      }
      assertEquals(lost !== undefined, simulated.under !== undefined);
    }),
    runs(3000),
  );
});

Deno.test("a worker: its tasks end with its quota, and what cannot be sent does not count", () => {
  const claim = pages.take();
  const sent: unknown[][] = [];
  const noop = () => {};
  const process = {
    pid: 1,
    send: ({ bytes }: Encoded) => sent.push(decode(bytes) as unknown[]),
    close: noop,
    ref: noop,
    unref: noop,
  };
  const worker = new PoolWorker(process, claim, 2);
  assertEquals(worker.room, 0, "not ready");
  worker.hear([FROM_WORKER.ready]);
  const outcomes: unknown[] = [];
  const give = (...values: unknown[]) =>
    worker.give({ fn, kind: KIND.call, values, settle: (outcome) => outcomes.push(outcome) });
  give(() => 1);
  assertEquals(
    String((outcomes[0] as { error: Error }).error.message).startsWith("args[0] is a function"),
    true,
  );
  assertEquals([worker.load, worker.room], [0, 1]);
  give(1);
  give(2);
  assertEquals([worker.load, worker.room, worker.spent], [2, 0, false]);
  assertEquals(sent.map(([what]) => what), [TO_WORKER.define, TO_WORKER.task, TO_WORKER.task]);
  worker.hear([FROM_WORKER.done, sent[1][1], "a"]);
  worker.hear([FROM_WORKER.failed, sent[2][1], "b"]);
  assertEquals(outcomes.slice(1), [{ ok: true, value: "a" }, { ok: false, error: "b" }]);
  assert(worker.spent);
  pages.give(claim);
});
