import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  RING_BYTES,
  RING_MOST,
  RingReader,
  RingWriter,
} from "../../../src/multiprocessing/wire/ring.ts";
import { runs } from "../../property_runs.ts";

/** Everything that is in the ring: kind, mark and first byte of each message. */
function readAll(reader: RingReader): [number, number, Uint8Array][] {
  const read: [number, number, Uint8Array][] = [];
  const { tail } = reader;
  for (let mark = reader.peek(tail); mark !== undefined; mark = reader.peek(tail)) {
    const { kind } = reader;
    read.push([kind, mark, reader.take()!]);
  }
  return read;
}

Deno.test("property: messages come out of a ring as they went in, round after round", () => {
  const step = fc.oneof(
    fc.record({ size: fc.integer({ min: 0, max: RING_MOST }), mark: fc.integer() }),
    fc.constant("read" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const memory = new ArrayBuffer(RING_BYTES);
      const writer = new RingWriter(memory), reader = new RingReader(memory);
      const expected: [number, number, Uint8Array][] = [];
      steps.forEach((step, i) => {
        if (step === "read") assertEquals(readAll(reader), expected.splice(0));
        else {
          const bytes = new Uint8Array(step.size).fill(i);
          const mark = step.mark | 0;
          if (writer.push(bytes, i & 1, mark)) expected.push([i & 1, mark, bytes]);
          else assert(expected.length > 8, "only a ring that holds much is full");
        }
      });
      assertEquals(readAll(reader), expected);
      assert(reader.empty);
    }),
    runs(60),
  );
});

Deno.test("a ring takes no message that is too large, and what is damaged is not a message", () => {
  const memory = new ArrayBuffer(RING_BYTES);
  const writer = new RingWriter(memory), reader = new RingReader(memory);
  assertEquals(writer.push(new Uint8Array(RING_MOST + 1), 0, 0), false);
  assertEquals(reader.peek(reader.tail), undefined);
  assert(writer.push(new Uint8Array(10), 0, 0));
  new Uint8Array(memory).fill(0xff, RING_BYTES - (1 << 16));
  assertEquals(reader.take(), undefined);
});

Deno.test("the reader of a ring is notified once for each wish", () => {
  const memory = new ArrayBuffer(RING_BYTES);
  const writer = new RingWriter(memory), reader = new RingReader(memory);
  assertEquals(writer.takeWish(), false);
  reader.wish();
  assert(reader.wishes);
  assertEquals([writer.takeWish(), writer.takeWish()], [true, false]);
  assertEquals(reader.wishes, false);
});
