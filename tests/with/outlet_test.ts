import { assertEquals } from "@std/assert";
import { closeFile, readSome } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { Outlet } from "../../src/with/outlet.ts";

function pipe(): [number, number] {
  const ends = allocate(8);
  libc("pipe2").pipe2(ends.address, 0o2000000);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

Deno.test("outlet: everything in order, in pieces that do not block", () => {
  const [readEnd, writeEnd] = pipe();
  const outlet = new Outlet(writeEnd);
  const lines = Array.from({ length: 2000 }, (_, i) => `line ${i} é\n`);
  for (const line of lines) outlet.push(line);
  const parts: Uint8Array[] = [];
  while (outlet.pending) {
    outlet.pump();
    const part = readSome(readEnd) as Uint8Array;
    assertEquals(part.length <= 4096, true);
    parts.push(part);
  }
  const text = new TextDecoder().decode(new Uint8Array(parts.flatMap((part) => [...part])));
  assertEquals(text, lines.join(""));
  closeFile(readEnd);
  closeFile(writeEnd);
});

Deno.test("outlet: says when enough is waiting, and drops it on demand", () => {
  const outlet = new Outlet(-1);
  outlet.push("x".repeat(1 << 18));
  assertEquals(outlet.congested, false);
  outlet.push("y");
  assertEquals([outlet.congested, outlet.pending], [true, true]);
  outlet.drop();
  assertEquals([outlet.congested, outlet.pending], [false, false]);
});

Deno.test("outlet: bytes stay as they are, whatever they are, and however much waits", () => {
  const [readEnd, writeEnd] = pipe();
  const outlet = new Outlet(writeEnd);
  const sent: number[] = [];
  const came: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const raw = Uint8Array.from({ length: i % 40 }, (_, j) => (i + j) % 256);
    outlet.push(raw, "é\n");
    sent.push(...raw, 0xc3, 0xa9, 10);
    if (i % 7 === 0) outlet.pump(), came.push(...readSome(readEnd) as Uint8Array);
  }
  while (outlet.pending) outlet.pump(), came.push(...readSome(readEnd) as Uint8Array);
  assertEquals(came, sent);
  closeFile(readEnd);
  closeFile(writeEnd);
});

Deno.test("outlet: without a reader it takes and drops whatever comes", () => {
  const [readEnd, writeEnd] = pipe();
  closeFile(readEnd);
  const outlet = new Outlet(writeEnd);
  outlet.push("gone\n");
  outlet.pump();
  outlet.push("more\n");
  assertEquals(outlet.pending, false);
  closeFile(writeEnd);
});
