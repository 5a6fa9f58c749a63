import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { FrameReader, Outbox } from "../../../src/multiprocessing/wire/frames.ts";

/** Sizes around those at which the outbox changes its ways. */
const size = fc.oneof(
  fc.nat(40),
  fc.integer({ min: (1 << 14) - 3, max: (1 << 14) + 3 }),
  fc.integer({ min: (1 << 16) - 20, max: (1 << 16) + 20 }),
);
const frames = fc.array(fc.record({ size, fds: fc.nat(300), seed: fc.nat(255) }), {
  maxLength: 30,
});

Deno.test("frames come out as they went in, however the stream cuts them", () => {
  fc.assert(fc.property(
    frames,
    fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1 }),
    fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }),
    (sent, takes, cuts) => {
      const wire: Uint8Array[] = [];
      let turn = 0;
      const outbox = new Outbox((bytes) => {
        const n = Math.min(bytes.length, takes[turn++ % takes.length]);
        wire.push(bytes.slice(0, n));
        return n;
      });
      const seen: unknown[] = [];
      const reader = new FrameReader((bytes, fds) =>
        seen.push([bytes.length, fds, bytes.every((byte) => byte === bytes[0]), bytes[0]])
      );
      for (const { size, fds, seed } of sent) {
        outbox.add(new Uint8Array(size).fill(seed), fds);
        if (seed % 3 === 0) outbox.flush();
      }
      for (let tries = 0; !outbox.flush() && tries < 1e6; tries++) if (tries > 1e5) takes = [1000];
      push(reader, wire, cuts);
      assertEquals(
        seen,
        sent.map(({ size, fds, seed }) => [size, fds, true, size ? seed : undefined]),
      );
      assertEquals(outbox.size, 0);
    },
  ));
});

Deno.test("what nobody will read is dropped", () => {
  const outbox = new Outbox(() => -1);
  outbox.add(new Uint8Array(100_000), 0);
  outbox.add(new Uint8Array(10), 0);
  assertEquals([outbox.flush(), outbox.size], [true, 0]);
});

function push(reader: FrameReader, wire: readonly Uint8Array[], cuts: readonly number[]): void {
  const whole = new Uint8Array(wire.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of wire) {
    whole.set(part, at);
    at += part.length;
  }
  for (let from = 0, i = 0; from < whole.length; i++) {
    const to = Math.min(whole.length, from + cuts[i % cuts.length]);
    reader.push(whole.slice(from, to));
    from = to;
  }
}
