import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  frameNumber,
  HOST_FRAME,
  type HostFrame,
  hostFrame,
  HostFrames,
  MOST_FRAME,
  MOST_PAYLOAD,
  numberFrame,
  ProtocolError,
} from "../../src/hosts/frames.ts";
import {
  endedFrame,
  endedIn,
  type JobEnded,
  jobFrame,
  JobHead,
  jobIn,
  type JobOrder,
} from "../../src/hosts/job_frames.ts";

function takeAll(frames: HostFrames): HostFrame[] {
  const taken: HostFrame[] = [];
  for (let frame = frames.next(); frame; frame = frames.next()) {
    taken.push({ ...frame, payload: frame.payload.slice() });
  }
  return taken;
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): HostFrame[] {
  const frames = new HostFrames();
  const taken: HostFrame[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length > 0 ? sizes[i % sizes.length] : bytes.length;
    frames.push(bytes.subarray(at, at + size));
    at += size;
    taken.push(...takeAll(frames));
  }
  return taken;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const words = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });

Deno.test("frames: whatever pieces they come in, the same frames come out", () => {
  const frame = fc.record({
    type: fc.integer({ min: 1, max: 255 }),
    job: number,
    payload: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 70 })), (sent, sizes) => {
      const bytes = joined(sent.map(({ type, job, payload }) => hostFrame(type, job, payload)));
      assertEquals(inPieces(bytes, sizes), sent);
    }),
  );
});

Deno.test("frames: a large payload goes in parts, and is one again; the room for it is given back", () => {
  const payload = new Uint8Array(3 * MOST_FRAME + 17).map((_, i) => i * 7);
  const bytes = hostFrame(HOST_FRAME.job, 9, payload);
  assert(bytes.length > payload.length + 4 * 9 - 1);
  for (const sizes of [[bytes.length], [65536], [1000, 300_000]]) {
    assertEquals(inPieces(joined([bytes, numberFrame(HOST_FRAME.credit, 5)]), sizes), [
      { type: HOST_FRAME.job, job: 9, payload },
      { type: HOST_FRAME.credit, job: 0, payload: new Uint8Array([5, 0, 0, 0]) },
    ]);
  }
});

Deno.test("frames: what is none ends the connection, and never takes memory", () => {
  const frames = (...bytes: number[]) => {
    const decoder = new HostFrames();
    decoder.push(new Uint8Array(bytes));
    return () => decoder.next();
  };
  assertThrows(frames(4, 0, 0, 0, 1), ProtocolError);
  assertThrows(frames(0xff, 0xff, 0xff, 0xff), ProtocolError);
  const part = hostFrame(HOST_FRAME.part, 1, new Uint8Array(MOST_FRAME - 5));
  const endless = new HostFrames();
  assertThrows(() => {
    for (let size = 0; size < 2 * MOST_PAYLOAD; size += MOST_FRAME) {
      endless.push(part);
      endless.next();
    }
  }, ProtocolError);
  const mixed = new HostFrames();
  mixed.push(joined([part, hostFrame(HOST_FRAME.job, 2)]));
  assertThrows(() => mixed.next(), ProtocolError, "a part of job 1 followed by a frame of job 2");
  assertThrows(() => frameNumber({ type: 6, job: 0, payload: new Uint8Array(3) }), ProtocolError);
});

Deno.test("frames: noise is refused or is frames, and nothing else happens", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
    const frames = new HostFrames();
    try {
      for (const chunk of chunks) {
        frames.push(chunk);
        takeAll(frames);
      }
    } catch (error) {
      assert(error instanceof ProtocolError);
    }
  }));
});

Deno.test("frames of jobs: words are bytes, and what goes in comes out", () => {
  const order: fc.Arbitrary<JobOrder> = fc.record({
    seq: number,
    timeout: number,
    slot: number,
    hasInput: fc.boolean(),
    words,
    more: fc.option(fc.constant({ dir: "/tmp/\udcff", env: ["A=\udce4\n"] }), { nil: undefined }),
  });
  fc.assert(fc.property(order, number, (sent, id) => {
    const [frame] = inPieces(jobFrame(id, sent), [50]);
    assertEquals([frame.job, jobIn(frame)], [id, sent]);
  }));
});

Deno.test("frames: the head of a job is read and changed where it stands", () => {
  const sent = { seq: 7, timeout: 0, slot: 2, hasInput: true, words: [new Uint8Array(3)] };
  const [frame] = inPieces(jobFrame(1, sent), []);
  const head = new JobHead(frame.payload);
  assertEquals([head.seq, head.timeout, head.hasInput], [7, 0, true]);
  head.seq = 8;
  head.timeout = 500;
  assertEquals(jobIn(frame), { ...sent, seq: 8, timeout: 500, more: undefined });
  const cut = frame.payload.subarray(0, 16);
  assert(!JobHead.fits(cut));
  assertThrows(() => new JobHead(cut), ProtocolError);
});

Deno.test("frames of jobs: one that is cut off, or has too much, is none", () => {
  const sent = { seq: 1, timeout: 0, slot: 0, hasInput: false, words: [new Uint8Array([65, 66])] };
  const [frame] = inPieces(jobFrame(1, sent), [1000]);
  for (let size = 0; size < frame.payload.length; size++) {
    const cut = { ...frame, payload: frame.payload.subarray(0, size) };
    assertThrows(() => jobIn(cut), ProtocolError);
  }
  const more = { ...frame, payload: joined([frame.payload, new Uint8Array(1)]) };
  assertThrows(() => jobIn(more), ProtocolError);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => {
    try {
      jobIn({ type: HOST_FRAME.job, job: 1, payload });
    } catch (error) {
      assert(error instanceof ProtocolError);
    }
  }));
});

Deno.test("frames of ends: what goes in comes out, and what is no time is refused", () => {
  const ended: JobEnded = {
    ...{ how: "timeout", status: 15, pid: 4711, slot: 3, start: 1796084461.25, seconds: 0.5 },
    ...{ userSeconds: 0.125, systemSeconds: 0, maxResident: 2 ** 33, why: "" },
  };
  for (const one of [ended, { ...ended, how: "not started", why: "cannot find x" } as const]) {
    const [frame] = inPieces(endedFrame(7, one), [9]);
    assertEquals([frame.job, endedIn(frame)], [7, one]);
    assertThrows(() => endedIn({ ...frame, payload: frame.payload.slice(0, 52) }), ProtocolError);
    const unknown = frame.payload.slice();
    unknown[0] = 9;
    assertThrows(() => endedIn({ ...frame, payload: unknown }), ProtocolError);
  }
  const [wrong] = inPieces(endedFrame(7, { ...ended, seconds: NaN }), [99]);
  assertThrows(() => endedIn(wrong), ProtocolError);
});
