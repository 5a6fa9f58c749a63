import fc from "fast-check";
import { ProtocolError } from "../../../src/hosts/frames.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { textFromBytes } from "../../../src/base/byte_text.ts";
import {
  decodeFileMessage,
  encodeFileMessage,
  type FileMessage,
  type HostPlan,
} from "../../../src/hosts/files/messages.ts";

const name = fc.uint8Array({ max: 255, maxLength: 40 }).map(textFromBytes);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const facts = fc.record({
  kind: fc.constantFrom("file" as const, "directory" as const, "link" as const),
  mode: fc.integer({ min: 0, max: 0o777 }),
  seconds: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  size: fc.maxSafeNat(),
  inode: fc.maxSafeNat(),
  isRecent: fc.boolean(),
});
const trouble = fc.record({ errno: fc.constantFrom("ENOENT", "ENOSPC"), text: name });
const plan: fc.Arbitrary<HostPlan> = fc.record({
  workdir: name,
  own: fc.boolean(),
  cleanup: fc.boolean(),
  stays: fc.boolean(),
  sent: fc.array(fc.record({ place: name, source: name })),
  returned: fc.array(name),
});
const message: fc.Arbitrary<FileMessage> = fc.oneof(
  fc.record({ is: fc.constant("plan" as const), plan }),
  fc.record({ is: fc.constant("offer" as const), root: u32, path: name, facts, target: name }),
  fc.record({ is: fc.constant("begin" as const), entry: u32 }),
  fc.record({ is: fc.constant("data" as const), bytes: fc.uint8Array() }),
  fc.record({
    is: fc.constant("end" as const),
    end: fc.constantFrom("whole" as const, "again" as const, "failed" as const),
    facts,
  }),
  fc.record({ is: fc.constant("unreadable" as const), root: u32, trouble }),
  fc.record({ is: fc.constant("done" as const) }),
  fc.record({
    is: fc.constant("answer" as const),
    entry: u32,
    answer: fc.constantFrom("want" as const, "have" as const, "refused" as const),
    trouble: fc.option(trouble, { nil: undefined }),
  }),
  fc.record({
    is: fc.constant("received" as const),
    trouble: fc.option(trouble, { nil: undefined }),
  }),
);

Deno.test("a message about files is read as it was written, names of any bytes included", () => {
  fc.assert(
    fc.property(message, (one) => assertEquals(decodeFileMessage(encodeFileMessage(one)), one)),
  );
});

Deno.test("what is not a message about files is an error, not a crash", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      decodeFileMessage(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }));
  assertThrows(() => decodeFileMessage(new Uint8Array(0)), ProtocolError);
});
