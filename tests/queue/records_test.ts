import fc from "fast-check";
import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { USUAL_LANE } from "../../src/queue/lanes.ts";
import {
  checkQueueWord,
  isQueueWord,
  jobKey,
  jobOfSubject,
  newRunName,
  QueueSubjects,
} from "../../src/queue/names.ts";
import { NumberRanges, readRanges } from "../../src/queue/ranges.ts";
import {
  decodeChunk,
  decodeEnd,
  decodeJob,
  encodeChunk,
  encodeEnd,
  encodeJob,
  isOfOtherVersion,
  markAgain,
} from "../../src/queue/records.ts";
import {
  decodeRunClosed,
  decodeRunOrder,
  decodeRunSettled,
  decodeRunSetup,
  decodeRunStart,
  encodeRunClosed,
  encodeRunOrder,
  encodeRunSettled,
  encodeRunSetup,
  encodeRunStart,
} from "../../src/queue/run_records.ts";
import { deliveryFacts } from "../../src/queue/stream_calls.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const count = fc.nat(2 ** 31);

Deno.test("names of queues and runs are words of subjects and nothing else", () => {
  for (const name of ["default", "a", "A-1_b", "7", "x".repeat(32)]) {
    assertEquals(checkQueueWord("queue", name), name);
  }
  for (const name of ["", "a.b", "*", ">", "a b", "-a", "_a", "x".repeat(33), "ä", "a/b", "$JS"]) {
    assertThrows(() => checkQueueWord("queue", name), UsageError, "not a valid name of a queue");
  }
  assertEquals(isQueueWord(newRunName(Date.now(), 0.999999)), true);
  assertEquals(newRunName(5, 0) < newRunName(36 ** 7, 0), true);
});

Deno.test("a subject says which job it is about, or is of none", () => {
  const subjects = new QueueSubjects("q");
  assertEquals(jobOfSubject(subjects.job("r", jobKey(12, 1))), { run: "r", key: "12" });
  assertEquals(jobOfSubject(subjects.end("r", jobKey(12, 3))), { run: "r", key: "12-3" });
  for (const key of ["0", "x", "1-", "1.2", "*", "1-0", "-1"]) {
    assertEquals(jobOfSubject(`imp.q.job.r.${key}`), undefined);
  }
  assertEquals(jobOfSubject("other.q.job.r.1"), undefined);
});

Deno.test("records are the same bytes again, and whatever is cut off or made up is none", () => {
  const end = fc.record({
    how: fc.constantFrom("ran", "given up", "lost", "cancelled"),
    ...{ attempt: fc.string(), host: fc.string(), why: fc.string() },
    ...{ pid: count, deliveries: count, at: count, chunks: count, firstChunk: count },
    ...{ ended: bytes, out: bytes, err: bytes, job: bytes },
  });
  fc.assert(fc.property(end, fc.nat(400), (end, cut) => {
    const encoded = encodeEnd(end as Parameters<typeof encodeEnd>[0]);
    assertEquals(decodeEnd(encoded), end as ReturnType<typeof decodeEnd>);
    if (cut < encoded.length) assertEquals(decodeEnd(encoded.subarray(0, cut)), undefined);
  }));
  const flag = fc.boolean();
  fc.assert(fc.property(flag, flag, flag, bytes, bytes, (once, hasInput, again, job, input) => {
    const message = { once, hasInput, again, job, input };
    const encoded = encodeJob(message);
    assertEquals(decodeJob(encoded), message);
    markAgain(encoded);
    assertEquals(decodeJob(encoded), { ...message, again: true });
  }));
  fc.assert(fc.property(fc.constantFrom("out", "err"), count, bytes, (stream, number, bytes) => {
    const chunk = { stream: stream as "out", number, bytes };
    assertEquals(decodeChunk(encodeChunk(chunk)), chunk);
  }));
  fc.assert(fc.property(fc.uint8Array(), (anything) => {
    decodeEnd(anything);
    decodeJob(anything);
    decodeChunk(anything);
  }));
  const job = encodeJob({
    once: false,
    hasInput: false,
    job: new Uint8Array(3),
    input: new Uint8Array(0),
  });
  job[1] = 9;
  assertEquals([decodeJob(job), isOfOtherVersion(job)], [undefined, true]);
});

Deno.test("ranges hold what was added, however it came", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (numbers) => {
    const ranges = new NumberRanges();
    for (const number of numbers) ranges.add(number);
    const all = new Set(numbers);
    for (let n = 1; n <= 61; n++) assertEquals(ranges.has(n), all.has(n), String(n));
    assertEquals(ranges.size, all.size);
    assertEquals(readRanges(ranges.toArray())?.toArray(), ranges.toArray());
  }));
  for (const wrong of [[1], [2, 1], [1, 2, 3, 4], [0, 1], [1, 2.5], "x", [3, 4, 1, 2]]) {
    assertEquals(readRanges(wrong), undefined);
  }
});

Deno.test("records of runs", () => {
  const text = (words: string) => new TextEncoder().encode(words);
  const about = { run: "r", created: 5, user: "u", host: "h", command: "c", once: false };
  const setup = { ...about, lane: USUAL_LANE, setup: { nice: 3 } };
  const high = { ...setup, lane: { priority: "high", tag: "gpu" }, notBefore: 7 } as const;
  for (const one of [setup, high]) assertEquals(decodeRunSetup(encodeRunSetup(one)), one);
  const old = { version: 1, ...about, setup: {} };
  const decoded = (more: object) => decodeRunSetup(text(JSON.stringify({ ...old, ...more })));
  assertEquals(decoded({})?.lane, USUAL_LANE);
  for (
    const wrong of [{ priority: "urgent" }, { priority: 1 }, { needs: "a.b" }, { needs: 1 }, {
      created: 1e300,
    }]
  ) {
    assertEquals(decoded(wrong), undefined);
  }
  assertEquals(decodeRunStart(encodeRunStart({ notBefore: 7 }))?.notBefore, 7);
  assertEquals(decodeRunStart(encodeRunOrder("pause")), undefined);
  // A client may have written an invalid time.
  assertEquals(decodeRunStart(encodeRunStart({ notBefore: 8.7e15 })), undefined);
  assertEquals(decoded({ notBefore: -1e300 }), { ...decoded({})! });
  assertEquals(decodeRunClosed(encodeRunClosed({ total: 3, whole: true }))?.total, 3);
  const settled = { settled: new NumberRanges([1, 4]), failed: 1, status: 7 };
  const known = decodeRunSettled(encodeRunSettled(settled))!;
  assertEquals([known.settled.size, known.failed, known.status], [4, 1, 7]);
  // That of a version that does not record the status.
  const older = (failed: number) => text(JSON.stringify({ version: 1, settled: [1, 4], failed }));
  assertEquals([0, 2].map((failed) => decodeRunSettled(older(failed))?.status), [0, 1]);
  assertEquals(decodeRunOrder(encodeRunOrder("pause")), "pause");
  for (
    const wrong of ["", "{", "null", "[]", '{"version":2,"order":"pause"}', '{"order":"pause"}']
  ) {
    assertEquals(decodeRunOrder(text(wrong)), undefined);
    assertEquals(decodeRunSetup(text(wrong)), undefined);
    assertEquals(decodeRunSettled(text(wrong)), undefined);
  }
});

Deno.test("what the subject of an answer says of a delivery, of old servers and new ones", () => {
  const facts = { deliveries: 2, place: 7, number: 3, pending: 9 };
  assertEquals(deliveryFacts("$JS.ACK.JOBS.workers.2.7.3.1700000000.9"), facts);
  assertEquals(deliveryFacts("$JS.ACK._.hash.JOBS.workers.2.7.3.1700000000.9.x"), facts);
  for (const wrong of ["", "_INBOX.1.2", "$JS.ACK.a.b.c.d.e.f.g", "$JS.ACK.JOBS"]) {
    assertEquals(deliveryFacts(wrong), undefined);
  }
});
