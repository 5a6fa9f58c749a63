import { assertEquals } from "@std/assert";
import { awaitedSignals, forwarded, isForwardable } from "../../src/init/forwarding.ts";

Deno.test("init waits for every signal that can be blocked, but for the engine's own", () => {
  const missing = Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((n) => !awaitedSignals().includes(n));
  assertEquals(missing, [9, 16, 19, 32, 33]);
});

Deno.test("init can forward all signals but six", () => {
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  assertEquals(all.filter((n) => !isForwardable(n)), [9, 16, 17, 19, 32, 33]);
});

Deno.test("forwarding: rewriting, dropping, and what the terminal has sent to everybody", () => {
  const rewrites = new Map([[15, 3], [1, 0]]);
  const sent = (number: number) => ({ number, byKernel: false });
  const typed = (number: number) => ({ number, byKernel: true });
  assertEquals(forwarded(sent(15), rewrites, "own", false), 3);
  assertEquals(forwarded(sent(1), rewrites, "own", false), 0);
  assertEquals(forwarded(sent(17), rewrites, "own", false), 0);
  assertEquals(forwarded(sent(64), rewrites, "shared", false), 64);
  assertEquals(forwarded(typed(2), rewrites, "own", false), 2);
  assertEquals(forwarded(typed(2), rewrites, "shared", false), 0);
  assertEquals(forwarded(typed(28), rewrites, "shared", true), 28);
});
