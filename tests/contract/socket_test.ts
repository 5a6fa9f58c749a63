import { O_RDONLY, RLIMIT_NOFILE } from "../../src/libc/abi.ts";
import { closeFile, openFile, readSome, writeAll } from "../../src/libc/descriptors/files.ts";
import { getLimit, setLimit } from "../../src/libc/users/limits.ts";
import { libc } from "../../src/libc/calling/load.ts";
import {
  MOST_DESCRIPTORS,
  type Packet,
  PACKET_BYTES,
  receivePacket,
  sendPacket,
  socketPair,
} from "../../src/libc/descriptors/socket.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import { descriptors, perform, playRole, text, told } from "./support.ts";

const EAGAIN = 11, EBADF = 9, EMFILE = 24, EPIPE = 32;
const F_GETFD = 1, F_GETFL = 3;
const FD_CLOEXEC = 1;
const c = libc("fcntl");

/** What a packet of descriptors does where there is room for `room` of them only. */
function receiveWithRoomFor(room: number): unknown {
  const [a, b] = socketPair("packets");
  const nulls = Array.from({ length: 5 }, () => openFile("/dev/null", O_RDONLY));
  const before = Object.keys(descriptors("self")).length;
  const { hard } = getLimit(RLIMIT_NOFILE);
  assertEquals(sendPacket(a, Uint8Array.of(1), nulls), 0);
  assertEquals(sendPacket(a, Uint8Array.of(2)), 0);
  // The lowest free descriptors are taken first: everything below is in use, whatever the runtime opened.
  const highest = openFile("/dev/null", O_RDONLY);
  closeFile(highest);
  setLimit(RLIMIT_NOFILE, { soft: highest + room, hard });
  const first = receivePacket(b);
  const second = receivePacket(b) as Packet;
  setLimit(RLIMIT_NOFILE, { soft: hard, hard });
  const after = Object.keys(descriptors("self")).length;
  return { first, second: [...second.bytes], leaked: after - before };
}

await playRole({ "little room": () => receiveWithRoomFor(2) });

function packet(received: Packet | "end" | number): Packet {
  assert(typeof received === "object", `received ${received}`);
  return received as Packet;
}

test("socket pair: both kinds are close-on-exec and non-blocking", () => {
  for (const kind of ["stream", "packets"] as const) {
    const pair = socketPair(kind);
    for (const fd of pair) {
      assertEquals(c.fcntl(fd, F_GETFD, 0) & FD_CLOEXEC, FD_CLOEXEC);
      assertEquals(c.fcntl(fd, F_GETFL, 0) & 0o4000, 0o4000);
    }
    pair.forEach(closeFile);
  }
});

test("packets arrive whose sender has closed without reading what it was sent", () => {
  const [a, b] = socketPair("packets");
  const fd = openFile("/dev/null", O_RDONLY);
  assertEquals(sendPacket(a, Uint8Array.of(1)), 0);
  assertEquals(sendPacket(b, Uint8Array.of(2), [fd]), 0);
  closeFile(b);
  const { bytes, fds } = packet(receivePacket(a));
  assertEquals([[...bytes], fds.length, receivePacket(a)], [[2], 1, "end"]);
  [a, fd, ...fds].forEach(closeFile);
});

test("packets keep their bounds, in both directions", () => {
  const [a, b] = socketPair("packets");
  assertEquals(receivePacket(b), -EAGAIN);
  assertEquals(sendPacket(a, Uint8Array.of(1, 2, 3)), 0);
  assertEquals(sendPacket(a, new Uint8Array(PACKET_BYTES).fill(7)), 0);
  assertEquals(sendPacket(b, Uint8Array.of(9)), 0);
  assertEquals(packet(receivePacket(b)), { bytes: Uint8Array.of(1, 2, 3), fds: [] });
  assertEquals(packet(receivePacket(b)).bytes, new Uint8Array(PACKET_BYTES).fill(7));
  assertEquals([...packet(receivePacket(a)).bytes], [9]);
  assertThrows(() => sendPacket(a, new Uint8Array(0)), RangeError);
  assertThrows(() => sendPacket(a, new Uint8Array(PACKET_BYTES + 1)), RangeError);
  assertThrows(() => sendPacket(a, Uint8Array.of(1), new Array(254).fill(0)), RangeError);
  [a, b].forEach(closeFile);
});

test("descriptors arrive as new ones, close-on-exec, in their order", () => {
  const [a, b] = socketPair("packets");
  const [left, right] = socketPair("stream");
  assertEquals(sendPacket(a, Uint8Array.of(5), [right, left]), 0);
  assertEquals(sendPacket(a, Uint8Array.of(6)), 0);
  const { bytes, fds } = packet(receivePacket(b));
  assertEquals([...bytes], [5]);
  assertEquals(fds.length, 2);
  assert(!fds.includes(left) && !fds.includes(right));
  for (const fd of fds) assertEquals(c.fcntl(fd, F_GETFD, 0) & FD_CLOEXEC, FD_CLOEXEC);
  writeAll(fds[0], "to the left");
  assertEquals(text(readSome(left) as Uint8Array), "to the left");
  writeAll(fds[1], "to the right");
  assertEquals(text(readSome(right) as Uint8Array), "to the right");
  assertEquals(packet(receivePacket(b)), { bytes: Uint8Array.of(6), fds: [] });
  [a, b, left, right, ...fds].forEach(closeFile);
});

test("as many descriptors as a message holds; again and again, with none left over", () => {
  const [a, b] = socketPair("packets");
  const many = Array.from({ length: MOST_DESCRIPTORS }, () => openFile("/dev/null", O_RDONLY));
  const before = Object.keys(descriptors("self")).length;
  for (let round = 0; round < 20; round++) {
    assertEquals(sendPacket(a, Uint8Array.of(round), many), 0);
    const { fds } = packet(receivePacket(b));
    assertEquals(fds.length, MOST_DESCRIPTORS);
    fds.forEach(closeFile);
  }
  assert(Object.keys(descriptors("self")).length <= before);
  assertEquals(sendPacket(a, Uint8Array.of(1), [many[0], 99_999]), -EBADF);
  [a, b, ...many].forEach(closeFile);
});

test("a full socket says EAGAIN and takes more once it has been read", () => {
  const [a, b] = socketPair("packets");
  let sent = 0;
  let outcome = 0;
  while (outcome === 0) {
    outcome = sendPacket(a, new Uint8Array(1000).fill(sent % 256));
    if (outcome === 0) sent++;
  }
  assertEquals(outcome, -EAGAIN);
  assert(sent > 10, `${sent} packets`);
  for (let i = 0; i < sent; i++) assertEquals(packet(receivePacket(b)).bytes[0], i % 256);
  assertEquals(receivePacket(b), -EAGAIN);
  assertEquals(sendPacket(a, Uint8Array.of(1)), 0);
  [a, b].forEach(closeFile);
});

test("the other end closed: what it sent still comes, then the end; sending fails without a signal", () => {
  const [a, b] = socketPair("packets");
  const fd = openFile("/dev/null", O_RDONLY);
  assertEquals(sendPacket(a, Uint8Array.of(1), [fd]), 0);
  [a, fd].forEach(closeFile);
  const { fds } = packet(receivePacket(b));
  assertEquals(fds.length, 1);
  assertEquals(receivePacket(b), "end");
  assertEquals(sendPacket(b, Uint8Array.of(1)), -EPIPE);
  [b, ...fds].forEach(closeFile);
});

test("no room for every descriptor: EMFILE, none is left open, and the next packet comes", async () => {
  const result = told(await perform(import.meta, "little room"));
  assertEquals(result, { first: -EMFILE, second: [2], leaked: 0 });
});

test("the same memory serves every call", () => {
  const [a, b] = socketPair("packets");
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 200_000; i++) {
    view.setUint32(0, i);
    sendPacket(a, bytes);
    const received = receivePacket(b) as Packet;
    if (new DataView(received.bytes.buffer).getUint32(0) !== i) throw new Error(`wrong at ${i}`);
  }
  [a, b].forEach(closeFile);
});
