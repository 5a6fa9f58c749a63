import { assertEquals } from "@std/assert";
import {
  digestOf,
  fetchModule,
  storedModuleIn,
  storeModule,
} from "../../src/queue/module_store.ts";
import { QueueSubjects, streamsOf } from "../../src/queue/names.ts";
import type { StreamCalls } from "../../src/queue/stream_calls.ts";
import { Modules } from "../../src/queue/worker/modules.ts";

/** A stream that keeps the last message of each subject. */
function stream() {
  const kept = new Map<string, Uint8Array>();
  const calls = {
    keep: ({ subject, data }: { subject: string; data: Uint8Array }, done: () => void) => {
      kept.set(subject, data);
      done();
    },
    lastForSure: (_: string, subject: string, done: (data?: Uint8Array) => void) =>
      done(kept.get(subject)),
  };
  return { kept, calls: calls as unknown as StreamCalls };
}

const subjects = new QueueSubjects("q"), streams = streamsOf("q");

Deno.test("a module in parts is whole again, by its hash", async () => {
  for (const size of [0, 1, 999, 1000, 5000]) {
    const { kept, calls } = stream();
    const bytes = new Uint8Array(size).map((_, i) => i % 251);
    const stored = await storeModule(calls, subjects, bytes, 2000);
    assertEquals([stored.digest, kept.size], [
      digestOf(bytes),
      Math.max(1, Math.ceil(size / 1000)),
    ]);
    assertEquals(await fetchModule(calls, subjects, streams, stored), bytes);
    assertEquals(storedModuleIn({ ...stored, name: "f" }), stored);
  }
});

Deno.test("a module that is not what was stored is not run, nor one that is gone", async () => {
  const { kept, calls } = stream();
  const stored = await storeModule(calls, subjects, new Uint8Array(3000), 2000);
  const why = async () => {
    const found = await new Modules(calls, subjects, streams).get(stored);
    return "why" in found ? found.why : "";
  };
  assertEquals(await why(), "");
  kept.set(subjects.module(stored.digest, 1), new Uint8Array(1000).fill(1));
  assertEquals(/its hash differs/.test(await why()), true);
  kept.delete(subjects.module(stored.digest, 2));
  assertEquals(await why(), "its module is no longer in the queue");
});

Deno.test("anything else is not a module", () => {
  const digest = "a".repeat(64);
  for (
    const wrong of [undefined, {}, { digest }, { digest, parts: 0 }, { digest: "x", parts: 1 }]
  ) {
    assertEquals(storedModuleIn(wrong), undefined);
  }
  assertEquals(storedModuleIn({ digest, parts: 1e9 }), undefined);
  assertEquals(storedModuleIn({ digest: "../".padEnd(64, "a"), parts: 1 }), undefined);
});
