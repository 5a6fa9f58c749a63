import { assertEquals } from "@std/assert";
import { takeTurns, turnIn } from "../../src/queue/worker/rate_gate.ts";

Deno.test("turns follow each other, from now on where nobody waits", () => {
  assertEquals(takeTurns(undefined, 1000, 100, 1), {
    first: 1000,
    turn: { next: 1100, every: 100 },
  });
  const last = { next: 1500, every: 100 };
  assertEquals(takeTurns(last, 1000, 100, 3), { first: 1500, turn: { next: 1800, every: 100 } });
  assertEquals(takeTurns(last, 9000, 100, 1).first, 9000);
});

Deno.test("turns of another rate do not count", () => {
  assertEquals(takeTurns({ next: 99_000, every: 60_000 }, 1000, 100, 1).first, 1000);
});

Deno.test("a record of turns that somebody else has written is none", () => {
  assertEquals(turnIn('{"next":5,"every":2}'), { next: 5, every: 2 });
  for (const text of ["", "x", "null", "7", "{}", '{"next":"5","every":2}', '{"next":1e999}']) {
    assertEquals(turnIn(text), undefined, text);
  }
});
