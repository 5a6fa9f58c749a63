import { assertEquals } from "@std/assert";
import type { FrameOutput } from "../../../src/hosts/worker/frame_output.ts";
import { WaitingJobs } from "../../../src/hosts/worker/waiting_jobs.ts";
import type { WorkerJob } from "../../../src/hosts/worker/worker_job.ts";
import { HOST_FRAME } from "../../../src/hosts/frames.ts";

function scene() {
  const sent: [type: number, job: number][] = [];
  const output = {
    push: (frame: Uint8Array) => {
      const view = new DataView(frame.buffer, frame.byteOffset);
      sent.push([view.getUint8(4), view.getUint32(5, true)]);
    },
  } as FrameOutput;
  return { sent, waiting: new WaitingJobs(output, undefined, () => {}) };
}

const job = (id: number, isReady = true) => ({ id, isReady } as WorkerJob);

Deno.test("waiting jobs: the first that has all it needs is next", () => {
  const { waiting } = scene();
  const ready = job(2);
  for (const one of [job(1, false), ready, job(3)]) waiting.add(one);
  assertEquals(waiting.next, ready);
  waiting.remove(ready);
  assertEquals([waiting.has(2), waiting.size, waiting.next?.id], [false, 2, 3]);
});

Deno.test("waiting jobs: what goes back is reported once, in order", () => {
  const { waiting, sent } = scene();
  for (const id of [1, 2, 3]) waiting.add(job(id));
  waiting.return(2);
  waiting.return(2);
  waiting.returnAll();
  assertEquals(sent, [2, 1, 3].map((id) => [HOST_FRAME.returned, id]));
  assertEquals([waiting.size, waiting.next], [0, undefined]);
});
