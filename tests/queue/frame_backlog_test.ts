import { assertEquals } from "@std/assert";
import { FrameBacklog } from "../../src/queue/frame_backlog.ts";

Deno.test("frames wait for a socket that takes some bytes, or none, and keep their order", () => {
  let room = 0;
  const taken: number[] = [];
  const backlog = new FrameBacklog((bytes) => {
    if (room === 0) return -1;
    const part = bytes.subarray(0, room);
    room -= part.length;
    taken.push(...part);
    return part.length;
  });
  backlog.push(Uint8Array.of(1, 2, 3));
  backlog.push(Uint8Array.of(4, 5));
  assertEquals([taken, backlog.isEmpty], [[], false]);
  room = 2;
  backlog.drain();
  assertEquals(taken, [1, 2]);
  room = 9;
  backlog.drain();
  assertEquals([taken, backlog.isEmpty], [[1, 2, 3, 4, 5], true]);
  room = 0;
  backlog.push(Uint8Array.of(6));
  backlog.clear();
  room = 9;
  backlog.drain();
  assertEquals([taken.length, backlog.isEmpty], [5, true]);
});

Deno.test("frames of one turn go to the socket in one piece, large ones by themselves", async () => {
  const pieces: number[] = [];
  const backlog = new FrameBacklog((bytes) => pieces.push(bytes.length) && bytes.length);
  for (let i = 0; i < 3; i++) backlog.push(Uint8Array.of(1, 2));
  backlog.push(new Uint8Array(100_000));
  backlog.push(Uint8Array.of(3));
  await Promise.resolve();
  assertEquals([pieces, backlog.isEmpty], [[6, 100_000, 1], true]);
});
