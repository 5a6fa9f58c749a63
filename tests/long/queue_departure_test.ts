// Workers that are told to leave, and servers that do not come back.
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, exists, wordsOf } from "../e2e/harness.ts";
import { e2eWithNats } from "../e2e/nats.ts";
import { listed } from "../e2e/queue_run.ts";

e2eWithNats(
  "a worker leaves at the first TERM although its servers are gone, and its job runs again",
  async (box, server) => {
    const script = `exec "$IMP" worker --on ${server.url} --allow-any --ack-wait 2s 2>told`;
    const worker = box.sh(script);
    const told = () => exists(box.path("told")) ? Deno.readTextFileSync(box.path("told")) : "";
    await eventually(() => /takes jobs/.test(told()), told);
    const job = "echo >begun; until test -e go; do sleep 0.1; done; echo ran >>ran";
    await box.imp(["pool", "-q", "--on", server.url, "--detach", "sh", "-c", job, ":::", "x"]);
    await eventually(() => exists(box.path("begun")), "the job");
    await server.kill();
    const pid = box.processes().find((one) => wordsOf(one).includes("--on"));
    Deno.kill(pid!, "SIGTERM");
    // Running jobs are waited for.
    Deno.writeTextFileSync(box.path("go"), "");
    await eventually(() => exists(box.path("ran")), "the end of the job");
    assertEquals((await worker).code, 125, told());
    assertMatch(
      told(),
      /is to leave, but the servers do not take what became of 1 job; tries for 30 s\n/,
    );
    assertMatch(
      told(),
      /cannot record what became of 1 job: ETIMEDOUT .*30 s.*\n +other workers run/,
    );
    await server.start();
    const drained = await box.imp(["worker", "--on", server.url, "--allow-any", "--drain"]);
    assertEquals(drained.code, 0, drained.stderr);
    assertEquals((await listed(box, server))[0].done, 1);
    assertEquals(Deno.readTextFileSync(box.path("ran")), "ran\nran\n");
  },
);

e2eWithNats(
  "a pool that is interrupted while its servers are gone ends, and says that its run goes on",
  async (box, server) => {
    const worker = box.sh(`exec "$IMP" worker --on ${server.url} --allow-any 2>told`);
    const pool = box.sh(
      `exec "$IMP" pool --on ${server.url} sh -c 'echo >begun; sleep 900' x ::: 1 2>err`,
    );
    await eventually(() => exists(box.path("begun")), "the job");
    await server.kill();
    const find = (word: string) => box.processes().find((pid) => wordsOf(pid)[1] === word)!;
    Deno.kill(find("pool"), "SIGTERM");
    await pool;
    assertMatch(
      Deno.readTextFileSync(box.path("err")),
      /run (\S+) goes on: the servers have not recorded .*; if this pool ends first, use imp runs cancel \1\n/,
    );
    // A second TERM ends running jobs.
    const pid = box.processes().find((one) => wordsOf(one).includes("--on"))!;
    Deno.kill(pid, "SIGTERM");
    await eventually(() => {
      if (box.processes().includes(pid)) Deno.kill(pid, "SIGTERM");
      return !box.processes().includes(pid);
    }, "the end of the worker");
    await worker;
  },
);
