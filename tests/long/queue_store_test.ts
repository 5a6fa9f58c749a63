// Results that fill the store of a server.
import { assertEquals } from "@std/assert";
import { eventually } from "../e2e/harness.ts";
import { e2eWithNats } from "../e2e/nats.ts";
import { TestWorker, untilState } from "../e2e/queue_run.ts";

e2eWithNats(
  "results that fill the store wait, and go on when a run is removed",
  async (box, server) => {
    const worker = new TestWorker(box, server);
    await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
    const large = (...words: string[]) => ["pool", "-q", "--on", server.url, ...words];
    const job = ["sh", "-c", "head -c 2000000 /dev/zero", "x"];
    const first = await box.imp(large("--detach", ...job, ":::", "1", "2", "3", "4"));
    await untilState(box, server, first.stdout.trim(), "done");
    const second = box.imp(large(...job, ":::", "1", "2", "3", "4", "5"));
    const isFull = async () => (await server.monitor("/jsz"))?.storage > 15_000_000;
    await eventually(isFull, "a store that is full");
    const removed = await box.imp([
      "runs",
      "remove",
      "--yes",
      "--on",
      server.url,
      first.stdout.trim(),
    ]);
    assertEquals([removed.code, removed.stderr], [0, ""]);
    // Before 2.9.15 it counts what was removed until then.
    await server.kill();
    await server.start();
    const { code, stderr } = await second;
    assertEquals(code, 0, stderr);
    assertEquals(await worker.end(), 0);
  },
  { maxStore: "16MB" },
);
