import { assertEquals } from "@std/assert";
import type { QueueLink, QueueMessage } from "../../src/queue/link.ts";
import { Emptiness } from "../../src/queue/worker/emptiness.ts";

Deno.test("a queue is empty when nothing waits and nobody has a job, or nobody loses one", () => {
  let now = 0, idle = true, left = 0;
  let asked: ((answer: QueueMessage | undefined) => void)[] = [];
  const link = {
    request: (_s, _d, _h, done) => void asked.push(done),
    now: () => now,
  } as Partial<QueueLink>;
  const consumers = ["workers", "workers-urgent"];
  const emptiness = new Emptiness(link as QueueLink, {
    ...{ stream: "s", consumers: () => consumers, ackWait: 1000 },
    ...{ isIdle: () => idle, empty: () => left++ },
  });
  /** @param counts of each consumer: jobs that wait, jobs that workers have; undefined: no answer */
  const look = (...counts: ([number, number] | undefined)[]) => {
    emptiness.check();
    emptiness.check();
    assertEquals(asked.length, idle ? 2 : 0);
    asked.forEach((done, i) => {
      const [num_pending, num_ack_pending] = counts[i] ?? [];
      const data = new TextEncoder().encode(JSON.stringify({ num_pending, num_ack_pending }));
      done(counts[i] && ({ status: 0, data } as QueueMessage));
    });
    asked = [];
    const was = left;
    left = 0;
    return was;
  };
  assertEquals(look([0, 0], [1, 0]), 0);
  assertEquals(look([0, 0], [0, 1]), 0);
  assertEquals(look([0, 0], undefined), 0);
  assertEquals(look([0, 0], [0, 0]), 1);
  idle = false;
  assertEquals(look([0, 0], [0, 0]), 0);
  idle = true;
  now = 2500;
  emptiness.jobCame();
  now = 5500;
  assertEquals(look([0, 2], [0, 0]), 0);
  now = 5600;
  assertEquals(look([0, 2], [0, 0]), 1);
  assertEquals(look([1, 2], [0, 0]), 0);
});
