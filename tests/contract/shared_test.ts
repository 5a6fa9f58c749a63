import { Barrier } from "../../src/multiprocessing/shared/barrier.ts";
import { Channel } from "../../src/multiprocessing/wire/channel.ts";
import { Event } from "../../src/multiprocessing/shared/event.ts";
import {
  BoundedSemaphore,
  Condition,
  Lock,
  RLock,
  Semaphore,
} from "../../src/multiprocessing/shared/lock.ts";
import { Connection, Pipe } from "../../src/multiprocessing/shared/pipe.ts";
import { JoinableQueue, Queue } from "../../src/multiprocessing/shared/queue.ts";
import { Manager } from "../../src/multiprocessing/shared/manager.ts";
import { SharedArray, Value } from "../../src/multiprocessing/shared/values.ts";
import { wait } from "../../src/multiprocessing/shared/wait.ts";
import { EndOfPipe, Full, OwnerDied } from "../../src/multiprocessing/shared/service.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { type Agent, asAgent, startAgent } from "./agents.ts";
import { assert, assertEquals, assertRejects, test } from "./harness.ts";
import { children, descriptors, eventually, playRole } from "./support.ts";

await playRole({
  /** Does what it is told with the objects it was given: [object, method, ...args]. */
  puppet: () =>
    asAgent<Record<string, never>>(async (given, say, told) => {
      say("ready");
      for (;;) {
        const [object, method, ...args] = await told() as [string, string, ...unknown[]];
        // Not awaited: several calls may be under way.
        puppetCall(given, object, method, args).then(say);
      }
    }),
  consume: () =>
    asAgent<{ queue: Queue; pause: number }>(async ({ queue, pause }, say) => {
      for (;;) {
        const item = await queue.get();
        say(item);
        if (pause > 0) await runtime.sleep(pause);
      }
    }),
  produce: () =>
    asAgent<{ queue: Queue; from: number; count: number }>(async ({ queue, from, count }, say) => {
      for (let i = from; i < from + count; i++) await queue.put(i);
      say("all put");
    }),
  /** Each number in one of the sizes that travel in different ways. */
  "produce all sizes": () =>
    asAgent<{ queue: Queue; count: number }>(async ({ queue, count }, say) => {
      for (let i = 0; i < count; i++) {
        await queue.put([i, new Uint8Array(i % 50 === 7 ? 300_000 : i % 10 === 3 ? 5000 : i % 4)]);
      }
      say("all put");
    }),
  /** Puts without end, and says from time to time how many there are for certain. */
  "produce and tell": () =>
    asAgent<{ queue: Queue; name: number }>(async ({ queue, name }, say) => {
      for (let i = 0;; i++) {
        await queue.put([name, i]);
        if (i % 500 === 0) {
          say(i);
          await runtime.sleep(1);
        }
      }
    }),
  "count under the lock": () =>
    asAgent<{ lock: Lock; queue: Queue<number>; rounds: number }>(
      async ({ lock, queue, rounds }, say) => {
        for (let i = 0; i < rounds; i++) {
          await lock.with(async () => await queue.put(await queue.get() + 1));
        }
        say("done");
      },
    ),
  /** Makes a queue, puts into it, and gives it away. */
  own: () =>
    asAgent<unknown>(async (_, say, told) => {
      const queue = new Queue();
      await queue.put("first");
      say(queue);
      await told();
    }),
  /** Gives what it got to a process of its own. */
  grandparent: () =>
    asAgent<unknown>(async (given, say, told) => {
      const agent = startAgent(import.meta, "puppet", given);
      say(await agent.next());
      for (;;) {
        agent.tell(await told());
        say(await agent.next());
      }
    }),
});

type Puppet = Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>;

async function puppetCall(given: unknown, object: string, method: string, args: unknown[]) {
  try {
    return (await (given as Puppet)[object][method](...args)) ?? null;
  } catch (error) {
    return (error as Error).name;
  }
}

async function puppet(given: unknown): Promise<Agent> {
  const agent = startAgent(import.meta, "puppet", given);
  assertEquals(await agent.next(), "ready");
  return agent;
}

/** Tells a puppet and waits for the outcome. */
function ask(agent: Agent, ...words: unknown[]): Promise<unknown> {
  agent.tell(words);
  return agent.next();
}

/** The same object as another process would have it. */
function received<T>(object: T): Promise<T> {
  const { mine, theirs } = Channel.pair();
  const other = Channel.open(theirs);
  return new Promise((resolve) => {
    other.listen({
      message: (value) => {
        resolve(value as T);
        other.close();
        mine.close();
      },
    });
    other.ref();
    mine.send(object);
  });
}

test("queue: items go to another process and come back, in order", async () => {
  const there = new Queue(), back = new Queue();
  const agent = startAgent(import.meta, "consume", { queue: there, pause: 0 });
  for (let i = 0; i < 500; i++) await there.put({ i, text: "x".repeat(i) });
  await eventually(() => agent.said.length === 500, "all came");
  agent.said.forEach((item, i) => assertEquals(item, { i, text: "x".repeat(i) }));
  agent.kill();
  const producer = startAgent(import.meta, "produce", { queue: back, from: 0, count: 500 });
  for (let i = 0; i < 500; i++) assertEquals(await back.get(), i);
  producer.end();
});

test("queue: large buffers, and a queue in a queue", async () => {
  const queue = new Queue<unknown>();
  const agent = startAgent(import.meta, "consume", { queue, pause: 0 });
  await queue.put(new Uint8Array(3_000_000).fill(7));
  const reply = new Queue<string>();
  await queue.put(reply);
  const bytes = await agent.next() as Uint8Array;
  assert(bytes.length === 3_000_000 && bytes.every((byte) => byte === 7));
  const again = await agent.next() as Queue<string>;
  // Now it has been here, there, and here again.
  await again.put("through three connections");
  assertEquals(await reply.get(), "through three connections");
  agent.end();
});

test("queue: bounded, with timeouts that leave nothing behind", async () => {
  const queue = await received(new Queue<number>(2));
  await assertRejects(() => queue.getNowait(), Error, "empty");
  await assertRejects(() => queue.get({ timeout: 20 }), Error, "empty");
  await queue.put(1);
  await queue.put(2);
  assertEquals([await queue.full(), await queue.qsize()], [true, 2]);
  await assertRejects(() => queue.putNowait(3), Full);
  await assertRejects(() => queue.put(4, { timeout: 20 }), Full);
  const late = queue.put(5);
  assertEquals(await queue.get(), 1);
  await late;
  assertEquals([await queue.get(), await queue.get()], [2, 5]);
  assertEquals(await queue.empty(), true);
  // A waiter that timed out takes nothing from the next one.
  const waits = queue.get({ timeout: 5000 });
  await assertRejects(() => queue.get({ timeout: 10 }), Error, "empty");
  await queue.put(6);
  assertEquals(await waits, 6);
  for (const timeout of [Infinity, 2 ** 40]) {
    const patient = queue.get({ timeout });
    await runtime.sleep(10);
    await queue.put(timeout);
    assertEquals(await patient, timeout);
  }
  queue.close();
  await assertRejects(() => queue.put(7), RangeError, "Queue is closed");
});

test("queue: a consumer that dies loses nothing that it had not received", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 200; i++) await queue.put(i);
  // It gets items in advance, receives a few, and dies during a pause.
  const first = startAgent(import.meta, "consume", { queue, pause: 10 });
  await eventually(() => first.said.length >= 3, "it has begun");
  first.kill();
  await runtime.sleep(20);
  const got = first.said.length;
  const rest: number[] = [];
  while (await queue.qsize() > 0) rest.push(await queue.get());
  // It may have died before it reported the last item.
  const begin = rest[0];
  assert(begin === got || begin === got + 1, `it told of ${got}, the rest begins with ${begin}`);
  assertEquals(rest, Array.from({ length: 200 - begin }, (_, i) => begin + i));
});

for (const maxsize of [0, 20]) {
  test(`queue: items of every size come in order, ${maxsize ? "with" : "without"} bounds`, async () => {
    const queue = new Queue<[number, Uint8Array]>(maxsize);
    const count = 600;
    const agent = startAgent(import.meta, "produce all sizes", { queue, count });
    for (let i = 0; i < count; i++) {
      // The queue also looks at its input when nobody asks it to.
      if (i % 3 === 0) await queue.qsize();
      assertEquals((await queue.get())[0], i);
    }
    assertEquals(await agent.next(), "all put");
    assertEquals(await queue.empty(), true);
    agent.end();
  });
}

test("queue: what was put is there when its producer dies, each item once and in order", async () => {
  const queue = new Queue<[number, number]>();
  const names = [0, 1, 2];
  const agents = names.map((name) => startAgent(import.meta, "produce and tell", { queue, name }));
  const next = names.map(() => 0);
  const take = ([name, i]: [number, number]) => assertEquals(i, next[name]++);
  for (const [name, agent] of agents.entries()) {
    while (next[name] < 2000) take(await queue.get());
    agent.kill();
  }
  while (!await queue.empty()) take(await queue.get());
  for (const [name, { said }] of agents.entries()) {
    const certain = said.at(-1) as number;
    assert(next[name] > certain, `${next[name]} items of ${name}, which told of ${certain}`);
  }
});

test("queue: what one consumer was sent ahead goes to another that asks", async () => {
  const queue = new Queue<number>();
  const hog = await puppet({ queue });
  for (let i = 0; i < 10; i++) await queue.put(i);
  assertEquals(await ask(hog, "queue", "get"), 0);
  // It has the rest; nobody notices.
  assertEquals(await queue.qsize(), 9);
  assertEquals(await queue.get(), 1);
  assertEquals(await queue.getNowait(), 2);
  assertEquals(await ask(hog, "queue", "get"), 3);
  const other = await puppet({ queue });
  assertEquals(await ask(other, "queue", "get"), 4);
  assertEquals(await ask(hog, "queue", "getNowait"), 5);
  assertEquals(await ask(other, "queue", "qsize"), 4);
  for (let i = 6; i < 10; i++) assertEquals(await ask(other, "queue", "get"), i);
  assertEquals(await ask(hog, "queue", "getNowait"), "Empty");
  hog.end();
  other.end();
});

test("joinable queue: joined when everything is done, and not before", async () => {
  const queue = new JoinableQueue<number>();
  await queue.join();
  const agent = await puppet({ queue });
  await queue.put(1);
  await queue.put(2);
  let joined = false;
  const join = queue.join().then(() => joined = true);
  assertEquals(await ask(agent, "queue", "get"), 1);
  assertEquals(await ask(agent, "queue", "taskDone"), null);
  assertEquals(joined, false);
  await ask(agent, "queue", "get");
  await ask(agent, "queue", "taskDone");
  await join;
  assertEquals(await ask(agent, "queue", "taskDone"), "RangeError");
  await assertRejects(() => queue.taskDone(), RangeError, "task_done() called too many times");
  agent.end();
});

test("the owner dies: an error for everybody, whatever they do, and no hang", async () => {
  const owner = startAgent(import.meta, "own", null);
  const queue = await owner.next() as Queue;
  assertEquals(queue.owner, owner.pid);
  const other = await puppet({ queue });
  assertEquals(await queue.get(), "first");
  const waiting = queue.get();
  const theirs = ask(other, "queue", "get");
  owner.kill();
  const error = await assertRejects(() => waiting, OwnerDied) as Error;
  assert(error.message.includes(String(owner.pid)), error.message);
  assertEquals(await theirs, "OwnerDied");
  await assertRejects(() => queue.put(1), OwnerDied);
  await assertRejects(() => queue.get({ timeout: 10 }), OwnerDied);
  assertEquals(await ask(other, "queue", "put", 1), "OwnerDied");
  other.end();
});

test("who puts without a pause learns that the owner has died, and keeps nobody waiting", async () => {
  const owner = startAgent(import.meta, "own", null);
  const queue = await owner.next() as Queue;
  setTimeout(() => owner.kill(), 30);
  await assertRejects(async () => {
    for (;;) await queue.put(1);
  }, OwnerDied);
  const own = new Queue();
  const agent = startAgent(import.meta, "consume", { queue: own, pause: 0 });
  // Each of these completes at once; the consumer's requests are still answered.
  const limit = runtime.now() + 20_000;
  while (agent.said.length === 0 && runtime.now() < limit) await own.put(1);
  assert(agent.said.length > 0);
  agent.kill();
});

test("from one that only received it to its child", async () => {
  const queue = new Queue(), lock = new Lock();
  const middle = startAgent(import.meta, "grandparent", { queue, lock });
  assertEquals(await middle.next(), "ready");
  await queue.put("for the grandchild");
  assertEquals(await ask(middle, "queue", "get"), "for the grandchild");
  assertEquals(await ask(middle, "lock", "acquire"), true);
  assertEquals(await lock.acquire({ block: false }), false);
  assertEquals(await ask(middle, "lock", "release"), null);
  assertEquals(await lock.acquire({ block: false }), true);
  middle.end();
});

test("lock: one at a time, over processes", async () => {
  const lock = new Lock(), queue = new Queue<number>();
  await queue.put(0);
  const rounds = 100;
  const agents = [1, 2].map(() =>
    startAgent(import.meta, "count under the lock", { lock, queue, rounds })
  );
  for (let i = 0; i < rounds; i++) {
    await lock.with(async () => await queue.put(await queue.get() + 1));
  }
  for (const agent of agents) assertEquals(await agent.next(), "done");
  assertEquals(await queue.get(), 3 * rounds);
  agents.forEach((agent) => agent.end());
});

test("lock: who dies releases it, and the next one is told", async () => {
  const lock = new Lock();
  const agent = await puppet({ lock });
  assertEquals(await ask(agent, "lock", "acquire"), true);
  assertEquals(await lock.acquire({ timeout: 20 }), false);
  const waiting = lock.acquire();
  agent.kill();
  assertEquals(await waiting, true);
  assertEquals(lock.inheritedFrom, agent.pid);
  await lock.release();
  assertEquals(lock.inheritedFrom, undefined);
  await assertRejects(
    () => lock.release(),
    RangeError,
    "semaphore or lock released too many times",
  );
});

test("recursive lock, condition: held by a process, over its connections", async () => {
  const lock = new RLock(), condition = new Condition();
  const agent = await puppet({ lock, condition });
  const again = await received(lock);
  assert(await lock.acquire() && await again.acquire());
  assertEquals(await ask(agent, "lock", "acquire", { block: false }), false);
  assertEquals(await ask(agent, "lock", "release"), "RangeError");
  await lock.release();
  await again.release();
  assertEquals(await ask(agent, "lock", "acquire"), true);
  assertEquals(await ask(agent, "condition", "wait"), "RangeError");
  await condition.acquire();
  agent.tell(["condition", "acquire"]);
  const woken = condition.wait();
  assertEquals(await agent.next(), true);
  assertEquals(await ask(agent, "condition", "notify"), null);
  assertEquals(await ask(agent, "condition", "release"), null);
  assertEquals(await woken, true);
  assertEquals(await condition.wait(10), false);
  let tries = 0;
  const third = condition.waitFor(() => ++tries > 2, 60_000);
  for (let i = 0; i < 2; i++) {
    assertEquals(await ask(agent, "condition", "acquire"), true);
    await ask(agent, "condition", "notifyAll");
    await ask(agent, "condition", "release");
  }
  assertEquals(await third, true);
  assertEquals([tries, await condition.waitFor(() => false, 10)], [3, false]);
  await condition.release();
  agent.end();
});

test("semaphores: counted, bounded, and given back by the dead", async () => {
  const semaphore = new Semaphore(2), bounded = new BoundedSemaphore(2);
  const agent = await puppet({ semaphore, bounded });
  for (const name of ["semaphore", "bounded"]) {
    assertEquals([await ask(agent, name, "acquire"), await ask(agent, name, "acquire")], [
      true,
      true,
    ]);
    assertEquals(await ask(agent, name, "acquire", { timeout: 10 }), false);
  }
  assertEquals([await semaphore.value(), await bounded.value()], [0, 0]);
  agent.kill();
  assertEquals([await semaphore.acquire(), await bounded.acquire()], [true, true]);
  assertEquals(semaphore.inheritedFrom, agent.pid);
  assertEquals([await semaphore.value(), await bounded.value()], [1, 1]);
  await bounded.release();
  await assertRejects(() => bounded.release(), RangeError, "released too many times");
  await semaphore.release();
  await semaphore.release();
  assertEquals(await semaphore.value(), 3);
});

test("event, barrier: everybody goes at once", async () => {
  const event = new Event();
  let acted = 0;
  const barrier = new Barrier(3, { action: () => acted++ });
  const agents = [await puppet({ event, barrier }), await puppet({ event, barrier })];
  assertEquals([await event.isSet(), await event.wait(10)], [false, false]);
  const waits = agents.map((agent) => ask(agent, "event", "wait"));
  await event.set();
  assertEquals(await Promise.all(waits), [true, true]);
  const places = agents.map((agent) => ask(agent, "barrier", "wait"));
  const all = await Promise.all([...places, barrier.wait()]);
  assertEquals([all.sort(), acted], [[0, 1, 2], 1]);
  // One of the waiters dies.
  const left = ask(agents[0], "barrier", "wait");
  agents[1].tell(["barrier", "wait"]);
  while (await barrier.nWaiting() < 2) await runtime.sleep(1);
  agents[1].kill();
  assertEquals([await left, await barrier.broken()], ["BrokenBarrierError", true]);
  await assertRejects(() => barrier.wait(), Error, "broken");
  await barrier.reset();
  await assertRejects(() => barrier.wait(10), Error, "time");
  agents[0].end();
});

test("pipe: both ways, its end when a process dies, and what it had sent before", async () => {
  const [mine, theirs] = Pipe<unknown>();
  const agent = await puppet({ pipe: theirs });
  assert(theirs.closed);
  await mine.send({ hello: new Uint8Array(400_000).fill(1) });
  assertEquals(await ask(agent, "pipe", "poll", 5000), true);
  const { hello } = await ask(agent, "pipe", "recv") as { hello: Uint8Array };
  assertEquals(hello.length, 400_000);
  assertEquals(await mine.poll(), false);
  await assertRejects(() => mine.recv({ timeout: 10 }), Error, "10 ms");
  await ask(agent, "pipe", "send", "last words");
  agent.kill();
  assertEquals(await mine.poll(1000), true);
  assertEquals(await mine.recv(), "last words");
  await assertRejects(() => mine.recv(), EndOfPipe);
  await assertRejects(() => mine.send(1), EndOfPipe);
  mine.close();
  const [reader, writer] = Pipe(false);
  await assertRejects(() => reader.send(1), TypeError, "receives only");
  await assertRejects(async () => await writer.recv(), TypeError, "sends only");
  assert(writer instanceof Connection);
  reader.close();
  writer.close();
});

test("nothing is left: no process and no descriptor", async () => {
  assertEquals(children(), []);
  const count = () => Object.keys(descriptors("self")).length;
  const round = async () => {
    const queue = new Queue<unknown>();
    const other = await received(queue);
    await other.put(new Queue());
    await other.put(new Uint8Array(1 << 20));
    await queue.get().then((inner) => (inner as Queue).close());
    await queue.get();
    other.close();
  };
  await round();
  const before = count();
  for (let i = 0; i < 5; i++) await round();
  await eventually(() => count() <= before, "descriptors are closed");
});

test("what cannot be a value, a size, a time or a place is refused by name", async () => {
  const odd = <T>(value: unknown) => value as T;
  const refusals: [() => unknown, string][] = [
    [() => new Semaphore(odd("x")), "semaphore initial value must be >= 0"],
    [() => new BoundedSemaphore(odd(null)), "semaphore initial value must be >= 0"],
    [() => new Queue(odd("x")), 'maxsize is a whole number, not "x"'],
    [() => new Queue(NaN), "maxsize is a whole number, not NaN"],
    [() => new JoinableQueue(1.5), "maxsize is a whole number, not 1.5"],
    [() => new Value(odd<"i8">("toString")), "type is one of i8, u8,"],
    [() => new Value("i32", odd("x")), "i32 takes a whole number, not x"],
    [() => new Value("i64", odd(1)), "i64 takes a bigint, not 1"],
    [() => new Value("f64").add(odd(1n)), "f64 takes a number, not 1"],
    [() => new SharedArray("u8", [1, odd("2")]), "u8 takes a whole number, not 2"],
    [() => new SharedArray("u8", 2).add(NaN, 1), "there is no element NaN"],
    [() => new SharedArray("u8", 2).add(0.5, 1), "there is no element 0.5"],
    [() => new SharedArray("u8", 2).add(2, 1), "there is no element 2"],
    [() => new SharedArray("u8", odd(null)), "takes how many numbers, or the numbers, not null"],
    [() => void odd<number[]>(new SharedArray("u8", 2))[0], "write ….array[0]"],
    [() => void (odd<number[]>(new SharedArray("u8", 2))[1] = 1), "write ….array[1]"],
    [() => new Value("i8").value = 0.5, "i8 takes a whole number, not 0.5"],
    [() => new Value("u16", NaN), "u16 takes a whole number, not NaN"],
    [() => wait(odd<Connection[]>(Pipe()[0])), "a list to wait for, not Connection("],
    [() => wait(odd<Connection[]>({ of: "x".repeat(200) })), 'not {"of":"xxxx'],
    [() => wait(odd<Connection[]>({ of: "x".repeat(200) })), "xxxx…"],
    [() => new Condition().notify(odd("1")), 'notify takes a number of waiters, not "1"'],
    [() => new (odd<new (address: string) => Manager>(Manager))("a"), 'no argument like "a"'],
    [() => new Queue().get({ timeout: NaN }), "a timeout is a number of milliseconds, not NaN"],
    [() => new Event().wait(odd("5")), 'a timeout is a number of milliseconds, not "5"'],
    [() => new Lock().acquire({ timeout: odd("5") }), "a timeout is a number of milliseconds"],
  ];
  for (const [refused, message] of refusals) {
    await assertRejects(async () => await refused(), Error, message);
  }
  const theirs = await received(new Queue());
  await assertRejects(() => theirs.get({ timeout: NaN }), TypeError, "a timeout is a number");
  assertEquals(await new Queue(Infinity).full(), false);
});
