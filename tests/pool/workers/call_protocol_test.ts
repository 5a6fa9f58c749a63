import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ImpError } from "../../../src/base/errors.ts";
import { bytesOf, concat } from "../../../src/pool/bytes.ts";
import type { Job } from "../../../src/pool/types.ts";
import {
  CALL,
  CallFrames,
  CallProtocol,
  ERROR,
  frame,
  hopelessError,
  hopelessFrame,
  packArguments,
  READY,
  unpackArguments,
  VALUE,
} from "../../../src/pool/workers/call_protocol.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

function job(...fields: Uint8Array[]): Job {
  return { seq: 1, items: { fields } };
}

/** The stream in pieces that end anywhere. */
function* pieces(stream: Uint8Array, cuts: readonly number[]): Iterable<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].map((one) => one % (stream.length + 1)).sort((a, b) => a - b)) {
    yield stream.subarray(from, cut);
    from = cut;
  }
  yield stream.subarray(from);
}

Deno.test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 255 }), bytes)),
    fc.array(fc.nat()),
    (frames, cuts) => {
      const stream = concat(frames.map(([kind, payload]) => frame(kind, payload)));
      const reader = new CallFrames();
      const got: [number, Uint8Array][] = [];
      for (const piece of pieces(stream, cuts)) {
        reader.push(piece);
        for (let next = reader.take(); next; next = reader.take()) {
          got.push([next.kind, next.payload]);
        }
      }
      assertEquals(got, frames);
    },
  ));
});

Deno.test("arguments come out as they went in", () => {
  fc.assert(fc.property(fc.array(bytes), (values) => {
    assertEquals(unpackArguments(packArguments(values)), values);
  }));
  const call = new CallFrames();
  call.push(new CallProtocol(bytesOf("\n")).encode(job(bytesOf("a"), bytesOf(""))));
  const next = call.take()!;
  assertEquals([next.kind, unpackArguments(next.payload)], [CALL, [bytesOf("a"), bytesOf("")]]);
});

Deno.test("answers of a function are distinguished", () => {
  const decoder = new CallProtocol(bytesOf("\n")).decoder();
  const why = new ImpError({
    action: "load",
    object: "./m.ts",
    why: "gone",
    details: ["  at x"],
    exit: 127,
  });
  decoder.push(concat([
    frame(READY, bytesOf("")),
    frame(VALUE, bytesOf("a\nb")),
    frame(ERROR, bytesOf("Error: no")),
    hopelessFrame(why),
  ]));
  assertEquals(decoder.take(), { kind: "ready" });
  assertEquals(decoder.take(), { kind: "value", bytes: bytesOf("a\nb") });
  assertEquals(decoder.take(), { kind: "error", text: "Error: no" });
  const last = decoder.take();
  if (last?.kind !== "hopeless") throw new Error("not hopeless");
  const error = hopelessError(last.exit, last.text);
  assertEquals([error.message, error.exit, error.parts.details], [why.message, 127, ["  at x"]]);
  assertEquals(decoder.take(), undefined);
});
