import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { F_SETFL, O_NONBLOCK } from "../../src/libc/abi.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { closeFile, readSome } from "../../src/libc/descriptors/files.ts";
import { openPipe } from "../../src/libc/descriptors/pipe.ts";
import { FrameQueue } from "../../src/hosts/frame_queue.ts";
import { hostFrame, HostFrames } from "../../src/hosts/frames.ts";
import { runs } from "../property_runs.ts";

/** What is to be sent, and how much the other side reads before the next one. */
const steps = fc.array(
  fc.record({
    size: fc.integer({ min: 0, max: 40_000 }),
    urgent: fc.boolean(),
    reads: fc.boolean(),
  }),
  { maxLength: 40 },
);

Deno.test("FrameQueue: frames go whole, in their order, the urgent ones before those that wait", () => {
  fc.assert(
    fc.property(steps, (sent) => {
      const [readEnd, writeEnd] = openPipe(3);
      for (const fd of [readEnd, writeEnd]) libc("fcntl").fcntl(fd, F_SETFL, O_NONBLOCK);
      const queue = new FrameQueue();
      const frames = new HostFrames();
      const got: number[] = [];
      const read = () => {
        const chunk = readSome(readEnd);
        if (typeof chunk === "number") return false;
        frames.push(chunk);
        for (let frame = frames.next(); frame; frame = frames.next()) got.push(frame.job);
        return true;
      };
      sent.forEach(({ size, urgent, reads }, i) => {
        const frame = hostFrame(35, i + 1, new Uint8Array(size));
        if (urgent) queue.pushUrgent(frame);
        else queue.push(frame);
        queue.send(writeEnd);
        if (reads) read();
      });
      while (queue.send(writeEnd) === "blocked") read();
      while (read());
      for (const fd of [readEnd, writeEnd]) closeFile(fd);
      const of = (urgent: boolean) => got.filter((id) => sent[id - 1].urgent === urgent);
      assertEquals([...got].sort((a, b) => a - b), sent.map((_, i) => i + 1));
      for (const kind of [true, false]) assertEquals(of(kind), [...of(kind)].sort((a, b) => a - b));
      assertEquals(queue.size, 0);
    }),
    runs(60),
  );
});

Deno.test("FrameQueue: an urgent frame waits for the one that has begun to go, and for nobody else", () => {
  const [readEnd, writeEnd] = openPipe(3);
  libc("fcntl").fcntl(writeEnd, F_SETFL, O_NONBLOCK);
  const queue = new FrameQueue();
  for (const id of [1, 2, 3]) queue.push(hostFrame(35, id, new Uint8Array(60_000)));
  assertEquals(queue.send(writeEnd), "blocked");
  queue.pushUrgent(hostFrame(10, 9));
  const frames = new HostFrames();
  const got: number[] = [];
  while (got.length < 4) {
    frames.push(readSome(readEnd) as Uint8Array);
    for (let frame = frames.next(); frame; frame = frames.next()) got.push(frame.job);
    queue.send(writeEnd);
  }
  for (const fd of [readEnd, writeEnd]) closeFile(fd);
  assertEquals(got, [1, 2, 9, 3]);
});
