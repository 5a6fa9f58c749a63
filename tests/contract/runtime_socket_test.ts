import { runtime, type RuntimeSocket } from "../../src/runtime/mod.ts";
import { closeFile, isOpen } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocateForGood } from "../../src/libc/calling/memory.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { eventually, runProgram, text } from "./support.ts";

const UNIX = 1, STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;

const c = runtime.bind("libc.so.6", {
  socketpair: { parameters: ["i32", "i32", "i32", "pointer"], result: "i32" },
});
const ends = allocateForGood(8);

function pair(): [number, number] {
  assertEquals(c.socketpair(UNIX, STREAM_NONBLOCK_CLOEXEC, 0, ends.address), 0);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

interface Opened {
  socket: RuntimeSocket;
  parts: Uint8Array[];
  size: number;
  drained: number;
  closed: number;
}

function open(fd: number): Opened {
  const opened = { parts: [] as Uint8Array[], size: 0, drained: 0, closed: 0 } as unknown as Opened;
  opened.socket = runtime.openSocket(fd, {
    data: (bytes) => {
      opened.parts.push(bytes);
      opened.size += bytes.length;
    },
    drain: () => void opened.drained++,
    close: () => void opened.closed++,
  });
  return opened;
}

/** Sends all of it, in turn with the other side's reading. */
async function sendAll(from: Opened, bytes: Uint8Array): Promise<number> {
  let waits = 0;
  for (let sent = 0; sent < bytes.length;) {
    const { drained } = from;
    const n = from.socket.write(bytes.subarray(sent));
    assert(n >= 0, "the other side is there");
    sent += n;
    if (sent === bytes.length) break;
    waits++;
    await eventually(() => from.drained > drained, "it takes more");
  }
  return waits;
}

function joined({ parts, size }: Opened): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

test("bytes go both ways, whole and in order", async () => {
  const [a, b] = pair();
  const left = open(a), right = open(b);
  const encoder = new TextEncoder();
  for (let i = 0; i < 100; i++) {
    assertEquals(left.socket.write(encoder.encode(`${i},`)), `${i},`.length);
    right.socket.write(encoder.encode(`${-i},`));
  }
  const list = (sign: string) => Array.from({ length: 100 }, (_, i) => i ? `${sign}${i},` : "0,");
  const expected = list("").join("");
  await eventually(() => right.size >= expected.length && left.size > expected.length, "all came");
  assertEquals(text(joined(right)), expected);
  assertEquals(text(joined(left)), list("-").join(""));
  left.socket.close();
  right.socket.close();
});

test("more than the kernel holds: what is taken is told, and when there is room again", async () => {
  const [a, b] = pair();
  const left = open(a), right = open(b);
  const bytes = new Uint8Array(5_000_000).map((_, i) => i * 7 % 251);
  const waits = await sendAll(left, bytes);
  assert(waits > 0);
  await eventually(() => right.size === bytes.length, "all came");
  assert(joined(right).every((byte, i) => byte === i * 7 % 251));
  left.socket.close();
  right.socket.close();
});

test("what was sent still comes after the other side has closed, then the end, once", async () => {
  for (const unread of [false, true]) {
    const [a, b] = pair();
    const left = open(a);
    // Nobody reads b, as when a process is killed with messages waiting for it.
    if (unread) left.socket.write(new Uint8Array(10_000));
    const message = new TextEncoder().encode("the last words");
    writeTo(b, message);
    closeFile(b);
    await eventually(() => left.closed > 0, "the end is told");
    assertEquals(text(joined(left)), "the last words", unread ? "with unread bytes" : "plainly");
    await runtime.sleep(20);
    assertEquals(left.closed, 1);
    assertEquals(left.socket.write(message) <= 0 || left.closed === 1, true);
    left.socket.close();
  }
});

test("last words come even though more waits to be sent to the side that has gone", async () => {
  for (let round = 0; round < 20; round++) {
    const [a, b] = pair();
    const left = open(a);
    const much = new Uint8Array(1 << 20);
    const taken = left.socket.write(much);
    assert(taken < much.length);
    writeTo(b, new TextEncoder().encode("the last words"));
    closeFile(b);
    if (round % 2) left.socket.write(much);
    await eventually(() => left.closed > 0, "the end is told");
    assertEquals(text(joined(left)), "the last words", `round ${round}`);
    left.socket.close();
  }
});

test("closing gives back the descriptor, tells the other side, and does not call close", async () => {
  const [a, b] = pair();
  const left = open(a), right = open(b);
  left.socket.write(new TextEncoder().encode("bye"));
  left.socket.close();
  await eventually(() => right.closed === 1 && !isOpen(a), "closed");
  assertEquals([text(joined(right)), left.closed], ["bye", 0]);
  right.socket.close();
});

test("three hundred, one after the other, leave no descriptor", async () => {
  const [first] = pair();
  for (let i = 0; i < 300; i++) {
    const [a, b] = pair();
    const left = open(a), right = open(b);
    left.socket.write(new Uint8Array([i & 255]));
    await eventually(() => right.size === 1, "it came");
    left.socket.close();
    await eventually(() => right.closed === 1, "closed");
  }
  const [last] = pair();
  assert(last - first < 40, `descriptors from ${first} to ${last}`);
});

const PROGRAM = "tests/fixtures/runtime/loop.ts";

test("a socket keeps the event loop alive until unref, and again after ref", async () => {
  const said = async (how: string) => (await runProgram(PROGRAM, how)).stdout;
  assertEquals(await said("held"), "held\nidle\n");
  assertEquals(await said("unheld"), "idle\n");
  assertEquals(await said("held-again"), "held\nidle\n");
});

test("idle is told again as long as something is begun, then comes the exit", async () => {
  const { stdout, code } = await runProgram(PROGRAM, "idle");
  assertEquals([stdout, code], ["idle\nidle\nidle\nexit\n", 0]);
});

test("the exit is told however the process ends of itself, and its status stays", async () => {
  for (const [how, status] of [["exit", 7], ["throw", 1], ["reject", 1]] as const) {
    const { stdout, code } = await runProgram(PROGRAM, how);
    assertEquals([stdout.split("\n").includes("exit"), code], [true, status], how);
  }
});

test("an error that the program deals with is no exit", async () => {
  const { stdout, code } = await runProgram(PROGRAM, "handled");
  assertEquals([stdout, code], ["handled\ngoes on\nexit\n", 0]);
});

function writeTo(fd: number, bytes: Uint8Array): void {
  const block = allocateForGood(bytes.length);
  block.bytes.set(bytes);
  assertEquals(libc("write").write(fd, block.address, bytes.length), bytes.length);
}
