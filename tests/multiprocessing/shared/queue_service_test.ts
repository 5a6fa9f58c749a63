import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ItemClaims } from "../../../src/multiprocessing/shared/claims.ts";
import { MOST_AHEAD, QueueService } from "../../../src/multiprocessing/shared/queue_service.ts";
import type { Holder } from "../../../src/multiprocessing/shared/service.ts";
import { call, type FakeCall, holder } from "./fake_calls.ts";
import { runs } from "../../property_runs.ts";

/** Memory that is sent as itself. */
function queue(maxsize = 0): QueueService {
  const shareWords = () => {
    const words = new Int32Array(2);
    return { words, sent: words };
  };
  return new QueueService({ maxsize, dispose: () => {}, shareWords });
}

/** A process that uses a queue: what it was sent and promised, what it received, what it waits for. */
class Consumer {
  readonly received: unknown[] = [];
  request: FakeCall | undefined;
  private places: ItemClaims | undefined;
  private claims: ItemClaims | undefined;
  private ahead: unknown[] = [];

  constructor(private readonly service: QueueService, readonly holder: Holder) {}

  /** @returns the call, answered at once where a place was promised */
  put(item: number): FakeCall {
    if (this.places?.claim()) {
      const sent = call(this.service, this.holder, "promised", item);
      sent.reply();
      return sent;
    }
    return call(this.service, this.holder, "put", item);
  }

  /** Hears of a put's answer. */
  hearPut({ answers: [memory] }: FakeCall): void {
    if (memory instanceof Int32Array) this.places = new ItemClaims(memory);
  }

  /** First what is there, and one request at a time. */
  get(wait = true): this {
    if (!this.request && !this.take()) this.request = call(this.service, this.holder, "get", wait);
    return this.hear();
  }

  /** @returns what it received, and `Empty`s */
  hear(): this {
    const answer = this.request?.answers[0];
    if (answer === undefined) return this;
    assertEquals(this.request!.answers.length, 1);
    this.request = undefined;
    if (answer === "Empty") this.received.push("Empty");
    else {
      const [first, ...rest] = answer as unknown[];
      if (first instanceof Int32Array) this.claims = new ItemClaims(first);
      else rest.unshift(first);
      this.ahead = rest;
      if (!this.take()) throw new Error("it has not got what it asked for");
    }
    return this;
  }

  private take(): boolean {
    if (this.ahead.length === 0) return false;
    if (!this.claims!.claim()) {
      this.ahead = [];
      return false;
    }
    this.received.push(this.ahead.shift());
    if (this.claims!.takeWish()) call(this.service, this.holder, "taken");
    return true;
  }
}

function consumers(service: QueueService, count = 1): Consumer[] {
  return Array.from({ length: count }, () => new Consumer(service, holder()));
}

Deno.test("items go to those who wait, in the order of asking", () => {
  const service = queue();
  const [a, b] = consumers(service, 2).map((one) => one.get());
  call(service, a.holder, "put", "x");
  call(service, a.holder, "put", "y");
  assertEquals([a.hear().received, b.hear().received], [["x"], ["y"]]);
});

Deno.test("who asks again and again gets ever more ahead; others take it back at once, in order", () => {
  const service = queue();
  const [a, b] = consumers(service, 2);
  for (let item = 1; item <= 300; item++) call(service, a.holder, "put", item);
  let requests = 0;
  for (let i = 1; i <= 200; i++) {
    const before = a.received.length;
    a.get();
    assertEquals(a.received.length, before + 1);
    requests = i;
  }
  assertEquals(a.received, Array.from({ length: 200 }, (_, i) => i + 1));
  assertEquals(call(service, b.holder, "size").answers, [300 - requests]);
  assertEquals(b.get().received, [201]);
  assertEquals(a.get().received.at(-1), 202);
  assertEquals(b.get().get().received, [201, 203, 204]);
});

Deno.test("what a consumer asked for is left to it, though it has not heard yet", () => {
  const service = queue();
  const [a, b] = consumers(service, 2);
  a.get();
  for (const item of [1, 2, 3]) call(service, a.holder, "put", item);
  assertEquals(b.get().get().received, [2, 3]);
  assertEquals(b.get(false).received, [2, 3, "Empty"]);
  assertEquals(a.hear().received, [1]);
  assert(MOST_AHEAD > 1);
});

Deno.test("a full queue lets producers in one by one, in their order", () => {
  const service = queue(1);
  const [a] = consumers(service);
  call(service, a.holder, "put", 1);
  const waits = [2, 3].map((item) => call(service, a.holder, "put", item));
  assertEquals(call(service, a.holder, "put", 4, false).answers, ["Full"]);
  const late = call(service, a.holder, "put", 5);
  service.cancel(late);
  assertEquals(late.answers, ["Full"]);
  assertEquals(a.get().received, [1]);
  assertEquals(waits.map(({ answers }) => answers.length), [1, 0]);
  assertEquals(a.get().get().received, [1, 2, 3]);
  assertEquals(call(service, a.holder, "full").answers, [false]);
});

Deno.test("who puts again and again is promised places; others take back those it has not claimed", () => {
  const service = queue(100);
  const [a, b] = consumers(service, 2);
  let asked = 0;
  for (let item = 0; item < 90; item++) {
    const put = a.put(item);
    a.hearPut(put);
    if (put.method === "put") asked++;
  }
  assert(asked < 10, `it asked for ${asked} of 90`);
  for (let item = 90; item < 100; item++) assertEquals(b.put(item).answers.length, 1);
  assertEquals([a.put(100).answers, call(service, b.holder, "put", 101, false).answers], [[], [
    "Full",
  ]]);
  for (let item = 0; item < 101; item++) b.get(false);
  assertEquals(b.received, Array.from({ length: 101 }, (_, i) => i));
});

Deno.test("what the dead had not taken is in front again", () => {
  const service = queue();
  const [a, b, c] = consumers(service, 3);
  for (let item = 1; item <= 9; item++) call(service, b.holder, "put", item);
  a.get().get().get();
  service.gone(a.holder);
  assertEquals(b.get().received, [4]);
  // Sent, and not even heard.
  c.request = call(service, c.holder, "get");
  service.gone(c.holder);
  assertEquals(b.get().received, [4, 5]);
  const dead = holder();
  for (let i = 0; i < 4; i++) b.get();
  const waits = call(service, dead, "get"), join = call(service, dead, "join");
  service.gone(dead);
  call(service, dead, "put", "last");
  assertEquals([waits.answers, join.answers, b.get().received.at(-1)], [[], [], "last"]);
});

Deno.test("joined when as many are done as were put in", () => {
  const service = queue();
  const a = holder();
  call(service, a, "put", 1);
  const join = call(service, a, "join");
  assertEquals(call(service, a, "taskDone").answers, [undefined]);
  assertEquals(join.answers, [undefined]);
  assertEquals(call(service, a, "taskDone").answers, ["RangeError"]);
  assertEquals(call(service, a, "join").answers, [undefined]);
});

interface Step {
  do: "put" | "get" | "get now" | "cancel" | "hear" | "die";
  by: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("put", "put", "get", "get", "get now", "cancel", "hear", "hear", "die"),
  by: fc.nat(2),
});

/** Runs steps of three processes, and takes everything out in the end. */
class Model {
  /** In the order in which they came into the queue. */
  readonly accepted: number[] = [];
  readonly received: unknown[] = [];
  private readonly service: QueueService;
  private readonly processes: Consumer[];
  private puts: { call: FakeCall; item: number }[] = [];
  private last = 0;
  private deaths = 0;

  constructor(private readonly maxsize: number) {
    this.service = queue(maxsize);
    this.processes = consumers(this.service, 3);
  }

  run(steps: readonly Step[]): this {
    for (const step of steps) {
      this.perform(step);
      this.check();
    }
    this.processes.forEach((one) => this.note(one.hear()));
    const [drain] = consumers(this.service);
    while (!drain.received.includes("Empty")) {
      drain.get(false);
      this.check();
    }
    this.note(drain);
    return this;
  }

  private perform({ do: what, by }: Step): void {
    const { service, processes } = this;
    const one = processes[by];
    if (what === "put") {
      const item = ++this.last;
      this.puts.push({ call: one.put(item), item });
    } else if (what === "get" || what === "get now") one.get(what === "get");
    else if (what === "hear") one.hear();
    else if (what === "cancel") {
      if (one.request) service.cancel(one.request);
    } else {
      this.puts = this.puts.filter(({ call }) => call.holder !== one.holder);
      service.gone(one.holder);
      this.deaths++;
      [processes[by]] = consumers(service);
    }
    this.note(one);
  }

  private note(one: Consumer): void {
    this.received.push(...one.received.splice(0).filter((item) => item !== "Empty"));
  }

  private check(): void {
    for (const { call } of this.puts) {
      assert(call.answers.length <= 1);
      this.processes.find(({ holder }) => holder === call.holder)?.hearPut(call);
    }
    this.accepted.push(
      ...this.puts.filter(({ call }) => call.answers.length > 0).map(({ item }) => item),
    );
    this.puts = this.puts.filter(({ call }) => call.answers.length === 0);
    const [size] = call(this.service, holder(), "size").answers as number[];
    assert(size >= 0);
    const waits = this.processes.some(({ request }) => request?.answers.length === 0);
    assert(!waits || size === 0, `${size} items are there, and somebody waits`);
    // What comes back from the dead finds its place taken.
    const most = this.maxsize + this.deaths;
    assert(this.maxsize === 0 || size <= most, `${size} items, and ${most} at most`);
    const room = this.maxsize === 0 || size < this.maxsize;
    assert(!room || this.puts.length === 0, "there is room, and a producer waits");
  }
}

Deno.test("property: every item is received once, whatever consumers do and however they die", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 100 }),
      fc.constantFrom(0, 1, 3, 6),
      (steps, maxsize) => {
        const { received, accepted } = new Model(maxsize).run(steps);
        assertEquals((received as number[]).sort((a, b) => a - b), accepted.sort((a, b) => a - b));
      },
    ),
    runs(2000),
  );
});

Deno.test("property: items are received in the order of putting, by however many consumers", () => {
  const calm = step.filter((one) => one.do === "put" || one.do === "get now");
  fc.assert(
    fc.property(fc.array(calm, { maxLength: 100 }), (steps) => {
      const { received, accepted } = new Model(0).run(steps);
      assertEquals(received, accepted);
    }),
  );
});
