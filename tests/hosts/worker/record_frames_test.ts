import { assertEquals } from "@std/assert";
import { answerIn } from "../../../src/hosts/answer_frames.ts";
import { HOST_FRAME, HostFrames } from "../../../src/hosts/frames.ts";
import { endedIn } from "../../../src/hosts/job_frames.ts";
import type { FrameOutput } from "../../../src/hosts/worker/frame_output.ts";
import type { WorkerJob } from "../../../src/hosts/worker/worker_job.ts";
import { RecordFrames } from "../../../src/hosts/worker/record_frames.ts";
import { bytesOf } from "../../../src/pool/bytes.ts";
import type { JobEnd, JobResult } from "../../../src/pool/types.ts";

const SLOT = 3;
const END: JobEnd = { by: "itself", ending: { how: "exit", code: 3 } };
const result = (id: number, isCancelled = false) =>
  ({
    ...{ job: { id, isCancelled }, pid: 77, startedAt: 1000, endedAt: 2000, end: END },
  }) as unknown as JobResult<WorkerJob>;

/** What was said, in order. */
function listener(credit: number) {
  const frames = new HostFrames();
  const output = { credit, isRoomy: true, push: (frame: Uint8Array) => frames.push(frame) };
  const said = () => {
    const all: string[] = [];
    for (let frame = frames.next(); frame; frame = frames.next()) {
      const { type, job } = frame;
      if (type === HOST_FRAME.answer) {
        const { kind, slot, bytes } = answerIn(frame);
        all.push(`${job} ${kind} of ${slot}: ${bytes.length}`);
      } else if (type === HOST_FRAME.ended) {
        const { how, status, why } = endedIn(frame);
        all.push(`${job} ${how} ${status}: ${why}`);
      } else all.push(`${type} of ${job}`);
    }
    return all;
  };
  return { output, said, records: new RecordFrames(output as unknown as FrameOutput, () => false) };
}

Deno.test("RecordFrames: what a client takes no more of waits, and nothing overtakes it", () => {
  const { output, said, records } = listener(10);
  records.value(result(1), 1, SLOT, new Uint8Array(50));
  records.error(result(2), 2, SLOT, "thrown");
  records.failed(result(3), 3, SLOT, "exit 3");
  assertEquals(said(), ["1 value of 3: 50"]);
  assertEquals([records.isEmpty, records.mayGive, output.credit], [false, "none", -40]);
  output.credit = 5;
  records.pump();
  assertEquals(said(), ["2 error of 3: 6", "3 itself 768: exit 3"]);
  assertEquals([records.isEmpty, output.credit], [true, -1]);
  // An end takes nothing.
  records.failed(result(4, true), 4, SLOT, "exit 3");
  assertEquals(said(), ["4 cancelled 768: exit 3"]);
});

Deno.test("RecordFrames: before a worker gives up it tells all that it knows", () => {
  const { said, records } = listener(0);
  records.value(result(1), 1, SLOT, new Uint8Array(5));
  records.push({ target: 2, bytes: bytesOf("why\n") });
  records.lost(result(2).job);
  assertEquals(said(), []);
  records.sayAll();
  assertEquals(said(), [
    "1 value of 3: 5",
    `${HOST_FRAME.err} of 0`,
    "2 lost 0: lost with its worker",
  ]);
});
