import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { answerFrame, answerIn, MOST_ANSWER } from "../../src/hosts/answer_frames.ts";
import { HOST_FRAME, HostFrames, ProtocolError } from "../../src/hosts/frames.ts";
import { runs } from "../property_runs.ts";

Deno.test("ANSWER: what a worker has answered comes as it was, in however many frames", () => {
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(127_900, 131_050, 300_000));
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.nat(2 ** 31), (size, threw, job) => {
      const answer = {
        kind: threw ? "error" as const : "value" as const,
        ...{ pid: 4711, slot: 3, start: 1.5, seconds: 0.25 },
        bytes: new Uint8Array(size).map((_, i) => i % 251),
      };
      const frames = new HostFrames();
      frames.push(answerFrame(job, answer));
      const frame = frames.next()!;
      assertEquals([frame.type, frame.job], [HOST_FRAME.answer, job]);
      assertEquals(answerIn(frame), answer);
      assertEquals(frames.next(), undefined);
    }),
    runs(50),
  );
});

Deno.test("ANSWER: the largest is taken, and anything else is refused", () => {
  const bytes = new Uint8Array(MOST_ANSWER);
  const answer = { kind: "value", pid: 1, slot: 1, start: 0, seconds: 0, bytes } as const;
  const frames = new HostFrames();
  frames.push(answerFrame(1, answer));
  assertEquals(answerIn(frames.next()!).bytes.length, MOST_ANSWER);
  const refused = (payload: number[]) =>
    assertThrows(
      () => answerIn({ type: HOST_FRAME.answer, job: 1, payload: new Uint8Array(payload) }),
      ProtocolError,
    );
  refused([]);
  refused([7, ...new Array(30).fill(0)]);
  refused([0, ...new Array(30).fill(255)]);
});
