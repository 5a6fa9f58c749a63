import {
  allocate,
  type Block,
  cString,
  cStrings,
  scratch,
  textAt,
  textIn,
} from "../../src/libc/calling/memory.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";
import { statusField } from "./support.ts";

const ARENA = 1 << 18;

/** The words of a NULL-terminated vector. */
function vectorAt(address: number): string[] {
  const words: string[] = [];
  for (let at = address;; at += 8) {
    const word = new DataView(runtime.copyFrom(at, 8).buffer).getBigUint64(0, true);
    if (word === 0n) return words;
    words.push(textAt(Number(word)));
  }
}

/** Fails unless each block still holds only its own number. */
function assertUntouched(blocks: readonly Block[]): void {
  blocks.forEach(({ bytes }, i) => assert(bytes.every((byte) => byte === i % 256), `block ${i}`));
}

function mark(blocks: readonly Block[]): void {
  blocks.forEach(({ bytes }, i) => bytes.fill(i % 256));
}

test("blocks are zeroed, aligned for every C type, and apart from each other", () => {
  const blocks = Array.from({ length: 300 }, (_, i) => allocate(i * 7));
  for (const { address, bytes } of blocks) {
    assertEquals(address % 16, 0);
    assert(bytes.every((byte) => byte === 0));
  }
  mark(blocks);
  assertUntouched(blocks);
});

test("what JavaScript writes C reads, through bytes and view alike", () => {
  const block = allocate(16);
  block.bytes.set([104, 105]);
  assertEquals(textAt(block.address), "hi");
  block.view.setUint8(1, 111);
  assertEquals(textAt(block.address), "ho");
  assertEquals([block.bytes.length, block.view.byteLength], [16, 16]);
});

test("memory grows beyond an arena, and a block larger than one is whole", () => {
  const blocks = Array.from({ length: 50 }, () => allocate(ARENA / 5));
  const large = allocate(3 * ARENA);
  mark(blocks);
  large.bytes.fill(255);
  assertUntouched(blocks);
  assert(large.bytes.every((byte) => byte === 255));
  assertEquals(runtime.copyFrom(large.address + 3 * ARENA - 1, 1)[0], 255);
});

test("scratch gives back what it took, and only that", () => {
  const before = allocate(64);
  before.bytes.fill(1);
  const places = Array.from({ length: 1000 }, () => scratch(() => allocate(1000).address));
  assertEquals(new Set(places).size, 1);
  const after = allocate(64);
  assertEquals(after.address, places[0]);
  assert(after.bytes.every((byte) => byte === 0));
  assert(before.bytes.every((byte) => byte === 1));
});

test("scratch within scratch: the inner one leaves the outer one's blocks alone", () => {
  scratch(() => {
    const outer = [allocate(100), allocate(100)];
    mark(outer);
    const inner = scratch(() => {
      const block = allocate(100);
      block.bytes.fill(9);
      return block.address;
    });
    const more = allocate(100);
    assertEquals(more.address, inner);
    outer.push(more);
    mark(outer);
    scratch(() => scratch(() => allocate(ARENA).bytes.fill(9)));
    assertUntouched(outer);
  });
});

test("scratch gives back all of the arenas that it needed, whatever their sizes", () => {
  const round = (words: number) =>
    scratch(() => {
      cStrings(new Array(words).fill("x".repeat(100)));
      scratch(() => allocate(3 * ARENA + 100 * words));
    });
  const resident = () => parseInt(statusField("self", "VmRSS")) / 1024;
  for (let i = 0; i < 5; i++) round(20_000 + i);
  runtime.collectGarbage();
  const before = resident();
  for (let i = 0; i < 100; i++) round(20_000 - 10 * i);
  runtime.collectGarbage();
  // 400 MB would stay otherwise.
  assert(resident() - before < 100, `${before} MB, ${resident()} MB`);
});

test("scratch that outgrows the arena leaves every block of the outer ones alone", () => {
  const lasting = Array.from({ length: 20 }, () => allocate(500));
  mark(lasting);
  for (let round = 0; round < 20; round++) {
    scratch(() => {
      const outer = Array.from({ length: 20 }, () => allocate(500));
      mark(outer);
      scratch(() => allocate(2 * ARENA).bytes.fill(99));
      outer.push(...Array.from({ length: 20 }, () => allocate(500)));
      mark(outer);
      scratch(() => cStrings(new Array(2000).fill("x".repeat(200))));
      assertUntouched(outer);
    });
    assertUntouched(lasting);
  }
});

test("scratch that outgrows the arena again and again does not use ever more memory", () => {
  const resident = () => parseInt(statusField("self", "VmRSS"));
  const work = () => scratch(() => allocate(4 * ARENA).bytes.fill(1));
  for (let i = 0; i < 10; i++) work();
  const before = resident();
  for (let i = 0; i < 300; i++) work();
  // 300 MiB were asked for; what the runtime itself needs in the meantime is far less.
  assert(resident() - before < 100_000, `${resident() - before} KiB more`);
});

test("scratch gives back even when its work fails", () => {
  const place = () => scratch(() => allocate(32).address);
  const before = place();
  assertThrows(
    () =>
      scratch(() => {
        allocate(5000);
        throw new Error("on purpose");
      }),
    Error,
    "on purpose",
  );
  assertEquals(place(), before);
});

test("C strings: text as UTF-8, bytes as they are, NUL at the end", () => {
  for (const word of ["", "plain", "größe", "守护进程", "🙂", "a\nb", "\uFEFFmark"]) {
    assertEquals(textAt(cString(word)), word);
  }
  const bytes = new Uint8Array([0xff, 0x80, 0x41]);
  assertEquals([...runtime.copyFrom(cString(bytes), 4)], [0xff, 0x80, 0x41, 0]);
  assertEquals(textAt(cString("x".repeat(2 * ARENA))).length, 2 * ARENA);
});

test("vectors of C strings end with NULL and keep their order", () => {
  for (const words of [[], [""], ["a", "", "b c", "größe"], new Array(5000).fill("word")]) {
    assertEquals(vectorAt(cStrings(words)), words);
  }
});

test("text in a block ends at NUL or with the block", () => {
  const block = allocate(8);
  const cases = [["ab\0cdefg", "ab"], ["abcdefgh", "abcdefgh"], ["\uFEFFx\0\0\0\0", "\uFEFFx"]];
  for (const [content, text] of [...cases, ["\0".repeat(8), ""]]) {
    block.bytes.set(new TextEncoder().encode(content));
    assertEquals(textIn(block), text);
  }
});
