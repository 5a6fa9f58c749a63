import { assertEquals } from "@std/assert";
import { answerFrame } from "../../src/hosts/answer_frames.ts";
import { type HostFrame, HostFrames } from "../../src/hosts/frames.ts";
import { endedFrame, endedIn } from "../../src/hosts/job_frames.ts";
import {
  endOfAnswer,
  endWithoutAnswer,
  isExhausted,
  notRun,
} from "../../src/queue/worker/record_end.ts";

function frameOf(bytes: Uint8Array): HostFrame {
  const frames = new HostFrames();
  frames.push(bytes);
  return frames.next()!;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const TIMES = { pid: 7, slot: 2, start: 5, seconds: 0.5 };

Deno.test("an answer to a record is the output of a job that has ended well, an error one that has not", () => {
  const end = (kind: "value" | "error", answer: string) => {
    const frame = frameOf(answerFrame(3, { kind, ...TIMES, bytes: bytes(answer) }));
    const { stream, bytes: written, ended } = endOfAnswer(frame, Uint8Array.of(0));
    const { how, status, pid, seconds } = endedIn({ ...frame, payload: ended });
    return [stream, text(written), how, status, pid, seconds];
  };
  assertEquals(end("value", "yes"), ["out", "yes\0", "itself", 0, 7, 0.5]);
  assertEquals(end("value", ""), ["out", "\0", "itself", 0, 7, 0.5]);
  assertEquals(end("error", "Error: no"), ["err", "Error: no\n", "itself", 256, 7, 0.5]);
});

Deno.test("a record without an answer has not ended well, and says why", () => {
  const usage = { userSeconds: 0, systemSeconds: 0, maxResident: 0 };
  const end = (how: "itself" | "timeout", status: number, why: string) => {
    const frame = frameOf(endedFrame(3, { how, status, ...TIMES, ...usage, why }));
    const { stream, bytes: written, ended } = endWithoutAnswer(frame);
    return [stream, text(written), endedIn({ ...frame, payload: ended }).status];
  };
  assertEquals(end("itself", 0, "it left"), ["err", "it left\n", 256]);
  assertEquals(end("itself", 768, ""), ["err", "", 768]);
  assertEquals(end("timeout", 9, "its time was up"), ["err", "its time was up\n", 9]);
});

Deno.test("why a job cannot be run here is its end, unless the machine has no more of something", () => {
  const why = "cannot call m.ts: EACCES (this worker does not run code that its clients send)";
  const { ended } = notRun(why);
  const end = endedIn({ type: 0, job: 1, payload: ended });
  assertEquals([end.how, end.status, end.why], ["not started", 13, why]);
  assertEquals(endedIn({ type: 0, job: 1, payload: notRun("no module").ended }).status, 22);
  assertEquals([isExhausted(why), isExhausted("cannot start: EAGAIN (again)")], [false, true]);
});
