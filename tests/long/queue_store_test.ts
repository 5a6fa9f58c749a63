// Results that fill the store of a server.
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, exists } from "../e2e/harness.ts";
import { e2eWithNats } from "../e2e/nats.ts";
import { untilState } from "../e2e/queue_run.ts";

e2eWithNats(
  "results that fill the store wait, all say so, and go on when a run is removed",
  async (box, server) => {
    const on = ["--on", server.url];
    const worker = box.sh(`exec "$IMP" worker --on ${server.url} --allow-any 2>told`);
    const told = (name: string) =>
      exists(box.path(name)) ? Deno.readTextFileSync(box.path(name)) : "";
    await eventually(() => /takes jobs/.test(told("told")), () => told("told"));
    const job = ["sh", "-c", "head -c 2000000 /dev/zero", "x"];
    const first = await box.imp([
      "pool",
      "-q",
      ...on,
      "--detach",
      ...job,
      ":::",
      "1",
      "2",
      "3",
      "4",
    ]);
    await untilState(box, server, first.stdout.trim(), "done");
    const second = box.sh(
      `exec "$IMP" pool ${
        on.join(" ")
      } sh -c 'head -c 2000000 /dev/zero' x ::: 1 2 3 4 5 >/dev/null 2>pool`,
    );
    const full =
      /the servers store nothing more \(insufficient resources\); waiting for room: imp runs remove/;
    await eventually(() => full.test(told("told")), () => told("told"));
    await eventually(() => full.test(told("pool")), () => told("pool"));
    for (const verb of ["cancel", "pause"]) {
      const { code, stderr } = await box.imp(["runs", verb, "--all", ...on]);
      assertEquals(code, 125, stderr);
      assertMatch(stderr, /no room to record it; only workers.*\n +make room.*imp runs remove RUN/);
    }
    const removed = await box.imp(["runs", "remove", "--yes", ...on, first.stdout.trim()]);
    assertEquals([removed.code, removed.stderr], [0, ""]);
    // What was tried on a full store was heard: some of its jobs may be cancelled.
    await second;
    assertMatch(told("pool"), /^imp pool: 5 jobs: /m);
    for (const pid of box.processes()) Deno.kill(pid, "SIGTERM");
    assertEquals((await worker).code, 0, told("told"));
    assertMatch(told("told"), /the servers store messages again/);
  },
  { maxStore: "16MB" },
);
