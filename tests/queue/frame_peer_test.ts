import { assertEquals } from "@std/assert";
import { HOST_FRAME, hostFrame, textFrame } from "../../src/hosts/frames.ts";
import { GreetingFinder, greetingLine } from "../../src/hosts/greeting.ts";
import { FramePeer } from "../../src/queue/frame_peer.ts";

const GREETING = greetingLine({ pid: 1, host: "a", cores: 1, memory: 1, time: 1 });

function peer(greeting?: GreetingFinder) {
  const said: string[] = [];
  const one = new FramePeer((bytes) => bytes.length, {
    frame: ({ job }) => {
      said.push(`frame ${job}`);
      if (job === 9) one.leave();
    },
    gone: (why) => said.push(why),
  }, greeting);
  return { one, said };
}

Deno.test("a peer greets, and says frames in whatever pieces they come", () => {
  const { one, said } = peer(new GreetingFinder());
  const bytes = [
    ...GREETING,
    ...hostFrame(HOST_FRAME.returned, 1),
    ...textFrame(HOST_FRAME.note, "x", 2),
  ];
  for (const byte of bytes) one.heard(Uint8Array.of(byte));
  assertEquals(said, ["frame 1", "frame 2"]);
  one.end("it has ended");
  one.end("again");
  one.heard(hostFrame(HOST_FRAME.returned, 3));
  assertEquals(said, ["frame 1", "frame 2", "it has ended"]);
});

Deno.test("a peer that cannot be understood is gone; one that was left says nothing more", () => {
  const bad = peer();
  bad.one.heard(new Uint8Array(9).fill(255));
  assertEquals(bad.said.map((why) => why.slice(0, 28)), ["a frame of 4294967295 bytes,"]);
  const left = peer();
  left.one.heard(Uint8Array.of(...hostFrame(HOST_FRAME.note, 9), ...hostFrame(HOST_FRAME.note, 1)));
  assertEquals(left.said, ["frame 9"]);
  left.one.end("it has ended");
  assertEquals([left.said, left.one.isIdle], [["frame 9"], true]);
});
