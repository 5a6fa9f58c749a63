import { RLIMIT_NOFILE } from "../../src/libc/abi.ts";
import { isOpen } from "../../src/libc/descriptors/files.ts";
import { getLimit, setLimit } from "../../src/libc/users/limits.ts";
import { MOST_DESCRIPTORS } from "../../src/libc/descriptors/socket.ts";
import { Channel } from "../../src/multiprocessing/wire/channel.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows, test } from "./harness.ts";
import { descriptors, eventually } from "./support.ts";

/** Both ends in one process: what a channel does does not depend on whose they are. */
function both(): [Channel, Channel] {
  const { mine, theirs } = Channel.pair();
  return [mine, Channel.open(theirs)];
}

interface Heard {
  values: unknown[];
  closed: number;
  failures: unknown[];
}

function hear(channel: Channel): Heard {
  const heard: Heard = { values: [], closed: 0, failures: [] };
  channel.listen({
    message: (value) => heard.values.push(value),
    closed: () => void heard.closed++,
    failed: (error) => heard.failures.push(error),
  });
  return heard;
}

/** The limit on open files that leaves room for so many more. */
function limitFor(room: number): number {
  const used = new Set(Object.keys(descriptors("self")).map(Number));
  let limit = 0;
  for (let free = 0; free < room; limit++) if (!used.has(limit)) free++;
  return limit;
}

const openCount = () => Object.keys(descriptors("self")).length;

test("values go both ways, in order", async () => {
  const [a, b] = both();
  const atA = hear(a), atB = hear(b);
  for (let i = 0; i < 1000; i++) {
    a.send({ i, text: "x".repeat(i) });
    b.send(-i);
  }
  await eventually(() => atA.values.length === 1000 && atB.values.length === 1000, "all came");
  assertEquals(atA.values, Array.from({ length: 1000 }, (_, i) => -i));
  assert(atB.values.every((value, i) => (value as { i: number }).i === i));
  a.close();
  await eventually(() => atB.closed === 1, "the other side hears of it");
  assertEquals([atA.closed, a.closed, b.closed], [0, true, true]);
});

test("large buffers and small ones, mixed, more than the kernel holds at once", async () => {
  const [a, b] = both();
  const atB = hear(b);
  const before = openCount();
  for (let i = 0; i < 60; i++) a.send([i, new Uint8Array(i % 3 ? 100 : 300_000).fill(i)]);
  a.send("x".repeat(3_000_000));
  assert(a.waiting > 0);
  await a.drained();
  await eventually(() => atB.values.length === 61, "all came");
  atB.values.slice(0, 60).forEach((value, i) => {
    const [index, bytes] = value as [number, Uint8Array];
    assertEquals(index, i);
    assert(bytes.length === (i % 3 ? 100 : 300_000) && bytes.every((byte) => byte === i));
  });
  assertEquals((atB.values[60] as string).length, 3_000_000);
  assertEquals([a.waiting, openCount() <= before], [0, true]);
  a.close();
  b.close();
});

test("more descriptors than one packet carries, and than the other side has yet taken", async () => {
  const [a, b] = both();
  const buffers = Array.from({ length: 300 }, (_, i) => new Uint8Array(1 << 18).fill(i));
  const before = openCount();
  a.send(buffers);
  a.send("after");
  const atB = hear(b);
  await eventually(() => atB.values.length === 2, "both came");
  const got = atB.values[0] as Uint8Array[];
  assert(got.length === 300 && got.every((bytes, i) => bytes[5] === (i & 255)));
  assertEquals([atB.values[1], openCount() - before <= 1], ["after", true]);
  a.close();
  b.close();
});

test("descriptors that find no room do not reach the next message", async () => {
  const [a, b] = both();
  const atB = hear(b);
  const pairs = Array.from({ length: 150 }, () => Channel.pair());
  // The first needs two packets: there is room for the second one only.
  a.send(pairs.map(({ theirs }) => Channel.open(theirs)));
  a.send(new Uint8Array(1 << 18).fill(2));
  a.flush();
  const limit = getLimit(RLIMIT_NOFILE);
  setLimit(RLIMIT_NOFILE, { soft: limitFor(300 - MOST_DESCRIPTORS + 10), hard: limit.hard });
  try {
    await eventually(() => atB.failures.length + atB.values.length === 2, "both are answered");
  } finally {
    setLimit(RLIMIT_NOFILE, limit);
  }
  assertEquals([atB.failures.length, atB.values.length], [1, 1]);
  assertEquals((atB.values[0] as Uint8Array)[9], 2);
  assertMatch(String(atB.failures[0]), /cannot receive 300 descriptors: EMFILE/);
  for (const channel of [a, b, ...pairs.map(({ mine }) => mine)]) channel.close();
});

test("what came before anybody listened, and what was sent before the end", async () => {
  const [a, b] = both();
  b.send("early");
  a.send("one");
  a.send("two");
  a.flush();
  a.close();
  const atB = hear(b);
  await eventually(() => atB.closed === 1, "the end");
  assertEquals(atB.values, ["one", "two"]);
  b.send("into the void");
  b.close();
});

test("a channel travels over a channel", async () => {
  const [a, b] = both();
  const { mine, theirs } = Channel.pair();
  const atB = hear(b), atMine = hear(mine);
  a.send({ take: Channel.open(theirs) });
  await eventually(() => atB.values.length === 1, "it came");
  const { take } = atB.values[0] as { take: Channel };
  take.send("hello");
  await eventually(() => atMine.values.length === 1, "it works");
  assertEquals(atMine.values, ["hello"]);
  assertThrows(() => a.send(mine), TypeError, "cannot be sent");
  for (const channel of [a, b, take, mine]) channel.close();
});

test("what cannot be sent is named, and the channel goes on", async () => {
  const [a, b] = both();
  const atB = hear(b);
  assertThrows(() => a.send([1, { f: () => 1 }], "args"), Error, "args[1].f is a function");
  await assertRejects(async () => await Promise.resolve().then(() => a.send(Symbol("s"))));
  a.send("next");
  await eventually(() => atB.values.length === 1, "it came");
  assertEquals(atB.values, ["next"]);
  a.close();
  b.close();
});

test("closing gives back all descriptors, used or not", async () => {
  const before = openCount();
  for (let i = 0; i < 50; i++) {
    const [a, b] = both();
    if (i % 2) {
      const atB = hear(b);
      a.send(i);
      await eventually(() => atB.values.length === 1, "it came");
    }
    a.close();
    b.close();
  }
  await eventually(() => openCount() <= before, "all are closed");
  assert(isOpen(1));
  await runtime.sleep(0);
});
