// How the library refuses wrong arguments: Python's habits, unknown options, values of the wrong type.
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Empty,
  Event,
  Full,
  JoinableQueue,
  Lock,
  Namespace,
  Pipe,
  Pool,
  Process,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SharedDict,
  SharedList,
  SimpleQueue,
  Thread,
  Value,
} from "../../src/mod.ts";
import { assertEquals, assertRejects, assertThrows, test } from "./harness.ts";

// deno-lint-ignore no-explicit-any
const odd = (value: unknown): any => value;
const target = { module: import.meta.url, export: "nothing" };
const NUMBER = "block is true or false; for a timeout in milliseconds write { timeout: 200 }";
const TIME = "a timeout is a number of milliseconds, not ";

export function nothing(): void {}

/** Every constructor and method that takes options, or something in the place of Python's `block` and `timeout`. */
const REFUSED: Record<string, [call: () => unknown, message: string][]> = {
  "a number where Python has block": [
    [() => new Lock().acquire(odd(200)), `acquire: ${NUMBER}`],
    [() => new RLock().acquire(odd(200)), `acquire: ${NUMBER}`],
    [() => new Semaphore().acquire(odd(200)), `acquire: ${NUMBER}`],
    [() => new BoundedSemaphore().acquire(odd(200)), `acquire: ${NUMBER}`],
    [() => new Condition().acquire(odd(200)), `acquire: ${NUMBER}`],
    [() => new Queue().get(odd(200)), `get: ${NUMBER}`],
    [() => new Queue().put(1, odd(200)), `put: ${NUMBER}`],
    [() => new JoinableQueue().get(odd(200)), `get: ${NUMBER}`],
    [() => new SimpleQueue().put(1, odd(200)), `put: ${NUMBER}`],
    [() => Pipe()[0].recv(odd(200)), "recv: for a timeout in milliseconds write { timeout: 200 }"],
  ],
  "no time": [
    [() => new Lock().acquire(true, odd("200")), `${TIME}"200"`],
    [() => new Lock().acquire(false, odd(null)), `${TIME}null`],
    [() => new Queue().get({ timeout: odd("200") }), `${TIME}"200"`],
    [() => new Queue().put(1, { timeout: NaN }), `${TIME}NaN`],
    [() => new Event().wait(odd({ timeout: 200 })), `${TIME}{"timeout":200}`],
    [() => new Condition().wait(odd(null)), `${TIME}null`],
    [() => new Barrier(2).wait(odd("x")), `${TIME}"x"`],
    [() => new Barrier(2, { timeout: odd("x") }), `${TIME}"x"`],
    [() => Pipe()[0].recv({ timeout: odd(true) }), `${TIME}true`],
    [() => Pipe()[0].poll(odd("x")), `${TIME}"x"`],
    [() => new Process({ target }).join(odd("x")), `${TIME}"x"`],
    [() => new Thread({ target }).join(odd({ timeout: 1 })), `${TIME}{"timeout":1}`],
  ],
  "options that there are not": [
    [() => new Lock().acquire(odd({ blocking: false })), "acquire has no option blocking"],
    [
      () => new Queue().get(odd({ timeOut: 1 })),
      "get has no option timeOut; it has block, timeout",
    ],
    [() => new Queue().put(1, odd({ wait: 1 })), "put has no option wait"],
    [() => Pipe()[0].recv(odd({ block: false })), "recv has no option block"],
    [
      () => new Process(odd({ target, kwargs: {} })),
      "Process has no option kwargs; it has target,",
    ],
    [() => new Process(odd({ target, daemmon: true })), "Process has no option daemmon"],
    [() => new Thread(odd({ target, noChildren: true })), "Thread has no option noChildren"],
    [() => new Pool(1, odd({ maxtasksperchild: 1 })), "Pool has no option maxtasksperchild"],
    [() => new Barrier(2, odd({ act: 1 })), "Barrier has no option act; it has action, timeout"],
    [() => new Value("i32", 1, odd({ locked: false })), "Value has no option locked; it has lock"],
    [() => new SharedArray("i32", 1, odd({ memory: 1 })), "SharedArray has no option memory"],
  ],
  "values of another kind": [
    [
      () => new Lock().acquire(odd(null)),
      "acquire takes its options as one object, { block, timeout }",
    ],
    [() => new Lock().acquire(odd({ block: 1 })), "acquire: block must be true or false, not 1"],
    [
      () => new Lock().acquire(odd({ block: true }), 1),
      "acquire with options takes no argument like 1",
    ],
    [() => new Process(odd(nothing)), "Process takes its options as one object, { target, args,"],
    [() => new Process(odd(undefined)), "Process takes its options as one object"],
    [() => new Process({ target, daemon: odd("no") }), 'daemon must be true or false, not "no"'],
    [() => new Process({ target, name: odd(1) }), "name must be a string, not 1"],
    [() => new Thread({ target, daemon: odd(0) }), "daemon must be true or false, not 0"],
    [() => new Pool(1, odd(nothing)), "Pool takes its options as one object, { initializer,"],
    [() => new Pool(1, { initializer: target, initargs: odd(1) }), "args must be an array"],
    [() => new Barrier(2, odd(nothing)), "Barrier takes its options as one object"],
    [() => new Barrier(2, { action: odd(1) }), "action must be a function, not 1"],
    [
      () => new Value("i32", 1, { lock: odd(1) }),
      "Value: lock must be true, false, a Lock or an RLock",
    ],
    [() => Pipe(odd({ duplex: false })), 'takes no argument like {"duplex":false}'],
    [() => new Lock(odd(200)), "Lock takes no argument like 200"],
    [
      () => new Condition(odd(new Lock())),
      "Condition, which has a lock of its own, takes no argument like a Lock",
    ],
    [() => new RLock(odd(() => 1)), "RLock takes no argument like the function"],
    [() => new Event(odd(true)), "Event takes no argument like true"],
    [() => new SharedDict(odd({ a: 1 })), 'SharedDict takes no argument like {"a":1}'],
    [() => new SharedList(odd([1])), "SharedList takes no argument like [1]"],
    [() => new SimpleQueue(odd(5)), "SimpleQueue takes no argument like 5"],
  ],
  "what Python's methods take besides": [
    // Without workers: in a bundle they are not found.
    [() => odd(new Semaphore()).release(2), "release takes no argument like 2"],
    [() => odd(new Lock()).release(1), "release takes no argument like 1"],
    [
      () => odd(Pool.prototype).apply(target, [], { k: 1 }),
      'apply takes no argument like {"k":1}',
    ],
    [() => odd(Pool.prototype).join(5), "join takes no argument like 5"],
    [() => new Lock().with(odd(5)), "with takes a function, not 5"],
    [() => new Condition().waitFor(odd(true)), "waitFor takes a function, not true"],
    [() => new Condition().waitFor(() => false, odd("x")), `${TIME}"x"`],
  ],
  "what would be seen by nobody else": [
    [() => odd(new SharedDict()).x = 1, 'nobody else would see it: write await ….set("x", …)'],
    [() => odd(new Namespace()).x = 1, 'write await ….set("x", …)'],
    [() => odd(new SharedList())[0] = 1, "write await ….set(0, …)"],
  ],
  "what cannot be in a list, or is no place in it": [
    [() => new SharedList<number>().extend(odd(5)), "a list is made of values, not 5"],
    [() => new SharedDict().update(odd(5)), "a dict is made of pairs, or of an object, not 5"],
    [() => new SharedList<number>().get(odd("0")), 'a list index is a whole number, not "0"'],
    [() => new SharedList<number>().insert(odd("a"), 1), 'a list index is a whole number, not "a"'],
  ],
};

test("numbers that are none are told as what they are", () => {
  const table: [call: () => unknown, message: string][] = [
    [() => new Pool(odd({ processes: 2 })), 'at least 1, not {"processes":2}'],
    [() => new Queue(odd({ maxsize: 3 })), 'maxsize is a whole number, not {"maxsize":3}'],
    [() => new Queue(odd("3")), 'maxsize is a whole number, not "3"'],
    [() => new Semaphore(odd("2")), 'must be >= 0, not "2"'],
    [() => new Barrier(odd("2")), 'parties must be > 0, not "2"'],
  ];
  for (const [call, message] of table) assertThrows(call, RangeError, message);
});

test("a dict: Python's default, and an object for its pairs", async () => {
  const dict = new SharedDict<string, number>();
  await dict.update({ a: 1, b: 2 });
  assertEquals(await dict.items(), [["a", 1], ["b", 2]]);
  assertEquals([await dict.get("a", 7), await dict.get("x", 7), await dict.get("x")], [
    1,
    7,
    undefined,
  ]);
  assertEquals([await dict.pop("a", 7), await dict.pop("a", 7)], [1, 7]);
});

for (const [kind, calls] of Object.entries(REFUSED)) {
  test(`the library refuses at once, and by name: ${kind}`, async () => {
    for (const [call, message] of calls) {
      await assertRejects(async () => await call(), TypeError, message);
    }
  });
}

test("a boolean in block's place means what it means in Python, and the number after it is milliseconds", async () => {
  const lock = new Lock();
  assertEquals(await lock.acquire(true), true);
  assertEquals(await lock.acquire(false), false);
  assertEquals(await lock.acquire(true, 5), false);
  assertEquals(await lock.acquire(false, 5), false);
  const queue = new Queue<number>(1);
  await assertRejects(() => queue.get(false), Empty);
  await assertRejects(() => queue.get(true, 5), Empty);
  await queue.put(1, true, 5);
  await assertRejects(() => queue.put(2, false), Full);
  await assertRejects(() => queue.put(2, true, 5), Full);
  assertEquals(await queue.get(true), 1);
});

test("a lock that a value is given guards it", async () => {
  const lock = new Lock();
  const value = new Value("i32", 1, { lock });
  const array = new SharedArray("i32", 1, { lock });
  assertEquals([value.getLock() === lock, array.getLock() === lock], [true, true]);
  await value.getLock().acquire();
  assertEquals(await array.getLock().acquire(false), false);
});
