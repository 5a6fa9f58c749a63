import { assertEquals } from "@std/assert";
import type { QueueLink, QueueMessage } from "../../src/queue/link.ts";
import { FirstDeliveries } from "../../src/queue/worker/first_deliveries.ts";

/** What the server answers to a question, whenever. */
function asked(server: Record<string, unknown>) {
  const waiting: ((answer: QueueMessage | undefined) => void)[] = [];
  const link = { request: (_s, _d, _h, done) => void waiting.push(done) } as Partial<QueueLink>;
  const firsts = new FirstDeliveries(link as QueueLink, "s", () => server as never);
  const answer = (value: unknown) => {
    const data = new TextEncoder().encode(JSON.stringify(value));
    waiting.shift()!({ status: 0, data } as QueueMessage);
  };
  const has = (place: number, deliveries = 1) =>
    firsts.has({ deliveries, place, number: 1, pending: 0 });
  return { firsts, answer, has };
}

const ALONE = { server_name: "a", jetstream: true };

Deno.test("what came while a lone server lives, and was delivered once, was not delivered before", () => {
  const { firsts, answer, has } = asked(ALONE);
  assertEquals(has(100), false);
  firsts.learn();
  assertEquals(has(100), false);
  answer({ state: { last_seq: 7 } });
  assertEquals([has(7), has(8), has(8, 2)], [false, true, false]);
  // The connection is lost, and an earlier answer arrives late.
  firsts.learn();
  firsts.learn();
  answer({ state: { last_seq: 3 } });
  assertEquals(has(100), false);
  answer({ state: { last_seq: 9 }, cluster: { leader: "a" } });
  assertEquals([has(9), has(10)], [false, true]);
  firsts.forget();
  assertEquals(has(100), false);
});

Deno.test("of a server that may die unseen nothing is taken for granted", () => {
  const cases = [
    [{ ...ALONE, cluster: "c" }, { state: { last_seq: 1 } }],
    [ALONE, { state: { last_seq: 1 }, cluster: { leader: "hub" } }],
    [{ server_name: "a" }, { state: { last_seq: 1 } }],
    [ALONE, { error: { code: 404 } }],
  ] as const;
  for (const [server, said] of cases) {
    const { firsts, answer, has } = asked(server);
    firsts.learn();
    answer(said);
    assertEquals(has(100), false, JSON.stringify([server, said]));
  }
});
