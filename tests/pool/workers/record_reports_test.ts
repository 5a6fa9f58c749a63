import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesOf } from "../../../src/pool/bytes.ts";
import { AnswerPrinter } from "../../../src/pool/workers/record_reports.ts";
import type { Outgoing, OutputWriter } from "../../../src/pool/output/writer.ts";

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
      const answers = new AnswerPrinter(writer, inOrder, () => {});
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
  const answers = new AnswerPrinter(writer, false, (seqs, rows) => {
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
