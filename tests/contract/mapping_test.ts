import { O_RDWR } from "../../src/libc/abi.ts";
import { closeFile, openFile, readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import {
  createSharedMemory,
  mapShared,
  receiveBuffer,
  sendBuffer,
} from "../../src/libc/descriptors/mapping.ts";
import {
  type Packet,
  receivePacket,
  sendPacket,
  socketPair,
} from "../../src/libc/descriptors/socket.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { ImpError } from "../../src/base/errors.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import { descriptors, eventually, perform, playRole, statusField, told } from "./support.ts";

const EACH = 200_000;

/** Adds to the memory that its parent has open, found through /proc: the parent's PID and descriptor are its words. */
function addTogether(): boolean {
  const [pid, fd] = runtime.args().slice(-2);
  const file = openFile(`/proc/${pid}/fd/${fd}`, O_RDWR);
  const memory = mapShared(file, 4096);
  closeFile(file);
  return addTo(memory);
}

function addTo(memory: ArrayBuffer): boolean {
  const ints = new Int32Array(memory, 0, 2);
  const longs = new BigInt64Array(memory, 8, 1);
  // Both at once: neither begins before the other is there.
  Atomics.add(ints, 1, 1);
  while (Atomics.load(ints, 1) < 2);
  for (let i = 0; i < EACH; i++) {
    Atomics.add(ints, 0, 1);
    Atomics.add(longs, 0, 1n);
  }
  return true;
}

await playRole({ "add together": addTogether });

function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 255;
  return bytes;
}

/** Whether this process still has the memory mapped. */
function mappings(): number {
  return (readTextOrNothing("/proc/self/maps") ?? "").split("memfd:imp-shared").length - 1;
}

function memoryFiles(): number {
  return Object.values(descriptors("self")).filter((what) => what.includes("memfd")).length;
}

test("shared memory: zeroed, and the same through every mapping of it", () => {
  const fd = createSharedMemory(10_000);
  const one = new Uint8Array(mapShared(fd, 10_000));
  const other = new DataView(mapShared(fd, 10_000));
  assert(one.every((byte) => byte === 0));
  one.set([1, 2, 3, 4]);
  assertEquals(other.getUint32(0), 0x01020304);
  other.setFloat64(9992, 1.5);
  assertEquals(new DataView(one.buffer).getFloat64(9992), 1.5);
  closeFile(fd);
  one[0] = 77;
  assertEquals(other.getUint8(0), 77);
});

test("shared memory: no addition of two processes is lost", async () => {
  const fd = createSharedMemory(4096);
  const memory = mapShared(fd, 4096);
  const own = readTextOrNothing("/proc/self/stat")!.split(" ")[0];
  const other = perform(import.meta, "add together", own, String(fd));
  const ints = new Int32Array(memory, 0, 2);
  await eventually(() => Atomics.load(ints, 1) === 1, "the other process is there");
  addTo(memory);
  told(await other);
  assertEquals(ints[0], 2 * EACH);
  assertEquals(new BigInt64Array(memory, 8, 1)[0], BigInt(2 * EACH));
  closeFile(fd);
});

test("buffers arrive whole, of every size, and leave no descriptor behind", () => {
  const before = memoryFiles();
  for (const length of [0, 1, 7, 4095, 4096, 4097, 300_000, 5_000_003]) {
    const bytes = patterned(length);
    const received = receiveBuffer(sendBuffer(bytes), length);
    assertEquals(received.byteLength, length);
    const copy = new Uint8Array(received);
    assert(bytes.every((byte, i) => copy[i] === byte), `${length} bytes`);
    // It is the receiver's own: to write to, and to give away.
    copy.fill(9);
    assert(bytes.length === 0 || bytes.some((byte, i) => byte !== copy[i]));
  }
  assertEquals(memoryFiles(), before);
});

test("a part of a buffer is sent, not the whole", () => {
  const whole = patterned(100_000);
  const part = whole.subarray(10_001, 60_002);
  const received = new Uint8Array(receiveBuffer(sendBuffer(part), part.length));
  assertEquals(received, part.slice());
});

test("a received buffer can be transferred and outlives its first owner", () => {
  const bytes = patterned(1_000_000);
  let moved: ArrayBuffer | undefined = receiveBuffer(sendBuffer(bytes), bytes.length);
  moved = structuredClone(moved, { transfer: [moved] });
  runtime.collectGarbage();
  for (let i = 0; i < 50; i++) new Uint8Array(1_000_000).fill(1);
  runtime.collectGarbage();
  assert(new Uint8Array(moved).every((byte, i) => byte === bytes[i]));
});

test("what is received again and again does not stay mapped", () => {
  const bytes = new Uint8Array(8_000_000).fill(3);
  const resident = () => parseInt(statusField("self", "VmRSS"));
  const before = resident();
  for (let round = 0; round < 100; round++) {
    const received = new Uint8Array(receiveBuffer(sendBuffer(bytes), bytes.length));
    assertEquals(received[7_999_999], 3);
  }
  runtime.collectGarbage();
  runtime.collectGarbage();
  assert(mappings() < 50, `${mappings()} of 100 are mapped`);
  assert(resident() - before < 400_000, `${resident() - before} KiB more`);
});

test("memory goes to another descriptor table and back", () => {
  const [a, b] = socketPair("packets");
  const sent = sendBuffer(patterned(70_000));
  assertEquals(sendPacket(a, Uint8Array.of(1), [sent]), 0);
  closeFile(sent);
  const packet = receivePacket(b) as Packet;
  assertEquals(new Uint8Array(receiveBuffer(packet.fds[0], 70_000)), patterned(70_000));
  [a, b].forEach(closeFile);
});

test("what cannot be mapped is an error with its errno", () => {
  const error = assertThrows(() => mapShared(99_999, 4096), ImpError);
  assertEquals(error.errno, "EBADF");
  assertThrows(() => createSharedMemory(-1), ImpError);
});
