import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { closeFile, isOpen, writeAll } from "../../../src/libc/descriptors/files.ts";
import { createMemoryFile, readAt } from "../../../src/libc/descriptors/spool.ts";
import { Captures } from "../../../src/pool/process/capture.ts";
import { Spool } from "../../../src/pool/process/spool.ts";
import type { Piece } from "../../../src/pool/output/writer.ts";

function text(pieces: readonly Piece[]): string {
  return pieces.map(({ fd, from, to }) => {
    const bytes = readAt(fd, from, to - from);
    return typeof bytes === "number" ? `errno ${-bytes}` : new TextDecoder().decode(bytes);
  }).join("");
}

Deno.test("a stream gives back what was written, however often it was moved to disk", () => {
  const spool = new Spool();
  const captures = new Captures(spool, () => true);
  const steps = fc.array(fc.oneof(fc.string({ minLength: 1, maxLength: 40 }), fc.constant(null)), {
    maxLength: 20,
  });
  fc.assert(fc.property(steps, fc.boolean(), (parts, detach) => {
    const capture = captures.take();
    for (const part of parts) {
      if (part === null) capture.out.moveTo(spool);
      else writeAll(capture.out.fd, part);
    }
    capture.out.close();
    const pieces = detach ? capture.out.detach(spool) : capture.out.pieces();
    assertEquals(text(pieces), parts.filter((part) => part !== null).join(""));
    if (detach) pieces.forEach((piece) => spool.drop(piece));
    captures.giveBack(capture);
  }));
});

Deno.test("a capture is used again empty, and only when nobody else can have it open", () => {
  let alone = true;
  const captures = new Captures(new Spool(), () => alone);
  const seen = new Set<unknown>();
  const round = () => {
    const taken = Array.from({ length: 8 }, () => captures.take());
    const again = taken.filter(({ out }) => seen.has(out));
    const sizes = again.map(({ out, err }) => out.size + err.size);
    for (const capture of taken) {
      seen.add(capture.out);
      writeAll(capture.out.fd, "its own");
      capture.out.close();
      capture.err.close();
      captures.giveBack(capture);
      // Somebody whom the job left behind.
      writeAll(capture.out.fd, "too late");
    }
    return sizes;
  };
  assertEquals(round(), []);
  assertEquals(round(), Array(8).fill(0));
  alone = false;
  assertEquals(round(), []);
  alone = true;
  assertEquals(round(), Array(8).fill(0));
});

Deno.test("what is spooled after the spool was emptied is found again", () => {
  const spool = new Spool();
  const file = createMemoryFile();
  writeAll(file, "0123456789");
  for (let round = 0; round < 3; round++) {
    const first = spool.take(file, 0, 4);
    const second = spool.take(file, 6, 4);
    assertEquals([text([first]), text([second])], ["0123", "6789"]);
    spool.drop(second);
    spool.drop(first);
  }
  closeFile(file);
});

Deno.test("where descriptors have run out no capture is kept for later", () => {
  const captures = new Captures(new Spool(), () => true);
  const taken = Array.from({ length: 3 }, () => captures.take());
  for (const capture of taken) captures.giveBack(capture);
  assertEquals(taken.map(({ out, err }) => isOpen(out.fd) && isOpen(err.fd)), [true, true, true]);
  captures.shrink();
  assertEquals(taken.map(({ out, err }) => isOpen(out.fd) || isOpen(err.fd)), Array(3).fill(false));
});
