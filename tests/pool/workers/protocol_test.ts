import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ImpError } from "../../../src/base/errors.ts";
import { bytesOf, concat } from "../../../src/pool/bytes.ts";
import { delimiter, LINES } from "../../../src/pool/input.ts";
import type { Job } from "../../../src/pool/types.ts";
import { Answers } from "../../../src/pool/workers/answers.ts";
import {
  CALL,
  CallProtocol,
  ERROR,
  frame,
  FrameReader,
  hopelessError,
  hopelessFrame,
  packArguments,
  READY,
  unpackArguments,
  VALUE,
} from "../../../src/pool/workers/frames.ts";
import { LineProtocol } from "../../../src/pool/workers/protocol.ts";
import { valuesOf } from "../../../src/pool/template.ts";
import type { Outgoing, OutputWriter } from "../../../src/pool/writer.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

function job(...fields: Uint8Array[]): Job {
  return { seq: 1, items: [{ fields }] };
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
      const reader = new FrameReader();
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
  const call = new FrameReader();
  call.push(new CallProtocol(bytesOf("\n")).encode(job(bytesOf("a"), bytesOf(""))));
  const next = call.take()!;
  assertEquals([next.kind, unpackArguments(next.payload)], [CALL, [bytesOf("a"), bytesOf("")]]);
});

Deno.test("answers of a function are told apart", () => {
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

Deno.test("a record that holds what ends a record cannot be sent", () => {
  const text = ({ items }: Job) => valuesOf(items)[0];
  const lines = new LineProtocol(LINES, bytesOf("\n"), text);
  assertEquals(lines.encode(job(bytesOf("a b"))), bytesOf("a b\n"));
  assertEquals(typeof lines.encode(job(bytesOf("a\nb"))), "string");
  const marks = new LineProtocol(delimiter(bytesOf("--")), bytesOf("--"), text);
  assertEquals(marks.encode(job(bytesOf("a\n-b"))), bytesOf("a\n-b--"));
  assertEquals(typeof marks.encode(job(bytesOf("a--b"))), "string");
});

Deno.test("a worker's last line counts without its end only when nothing follows", () => {
  const decoder = new LineProtocol(LINES, bytesOf("\n"), () => bytesOf("")).decoder("a worker");
  decoder.push(bytesOf("one\ntw"));
  assertEquals(decoder.take(), { kind: "value", bytes: bytesOf("one") });
  assertEquals(decoder.take(), undefined);
  decoder.push(bytesOf("o"));
  assertEquals(decoder.take(), undefined);
  assertEquals(decoder.rest(), bytesOf("two"));
  assertEquals(decoder.rest(), undefined);
});

Deno.test("answers are printed in order of submission, each once, whatever order they come in", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 }).map((order) => {
      const ranks = [...order].sort((a, b) => a - b);
      return order.map((one) => ranks.indexOf(one) + 1);
    }),
    fc.boolean(),
    (order, inOrder) => {
      let printed = "";
      const writer = {
        push(outgoing: Outgoing) {
          if ("bytes" in outgoing) printed += new TextDecoder().decode(outgoing.bytes);
        },
      } as OutputWriter;
      const answers = new Answers(writer, inOrder, () => {});
      for (const one of order) {
        const answered = { seq: one, parts: [bytesOf(`${one}\n`)] };
        // Every third one failed.
        answers.add(one, one % 3 === 0 ? null : answered);
      }
      answers.flush();
      const expected = inOrder ? [...order].sort((a, b) => a - b) : order;
      assertEquals(
        printed,
        expected.filter((one) => one % 3 !== 0).map((one) => `${one}\n`).join(""),
      );
    },
  ));
});

Deno.test("a row follows its answer once that has been written, and not before", () => {
  const queue: Outgoing[] = [];
  const settled: string[] = [];
  const writer = {
    push: (outgoing: Outgoing) => void queue.push(outgoing),
  } as unknown as OutputWriter;
  const answers = new Answers(writer, false, (seqs, rows) => {
    settled.push(`${seqs.join(",")}: ${new TextDecoder().decode(rows)}`);
  });
  const answered = (seq: number, size: number) => {
    answers.add(seq, { seq, parts: [new Uint8Array(size)], row: bytesOf(`row ${seq};`) });
  };
  answered(1, 3000);
  answered(2, 1000);
  // Together they would be more than a pipe takes whole or not at all.
  answered(3, 1000);
  answered(4, 9000);
  assertEquals(answers.unprinted, [1, 2, 3, 4]);
  answers.flush();
  const sizes = queue.map((one) => "bytes" in one ? one.bytes.length : 0);
  assertEquals(sizes, [4000, 0, 1000, 0, 9000, 0]);
  assertEquals(settled, []);
  for (const one of queue.slice(0, 4)) if ("done" in one) one.done();
  assertEquals(settled, ["1,2: row 1;row 2;", "3: row 3;"]);
  assertEquals(answers.unprinted, [4]);
});
