import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists, impBinary, rounds } from "./harness.ts";
import { HOST_FRAME, hostFrame, numberFrame, slotsFrame } from "../../src/hosts/frames.ts";
import { randomNumbers } from "./random.ts";
import { WorkerClient } from "./worker_client.ts";
import { SEED } from "../seed.ts";

/** Bytes of resident memory. */
function memoryOf(pid: number): number {
  const match = /^VmRSS:\s*(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return Number(match?.[1]) * 1024;
}

/** What imp itself uses, with a margin. */
const MOST_MEMORY = 160 << 20;

e2e("worker: runs jobs, says how they ended, leaves when the client closes", async (box) => {
  const client = new WorkerClient(box);
  await client.setup();
  await client.job(1, ["sh", "-c", "echo $PARALLEL_SEQ; exit 3"]);
  await client.job(2, ["no-such-program"]);
  await client.job(3, ["sleep", "60"], 200);
  assertEquals((await client.close()).code, 0);
  const [one, two, three] = [1, 2, 3].map((id) => client.ended.get(id)!);
  assertEquals([one.how, one.status, client.text.get(1)], ["itself", 3 << 8, "1\n"]);
  assertEquals([two.how, two.pid], ["not started", 0]);
  assertMatch(two.why, /^cannot find no-such-program: ENOENT/);
  assertEquals([three.how, three.status, three.seconds < 30], ["timeout", 15, true]);
});

e2e(
  "worker: what is cancelled ends, what was not begun comes back, and nothing else does",
  async (box) => {
    const client = new WorkerClient(box);
    await client.setup({ slots: "1" });
    await client.job(1, ["sh", "-c", "touch up; sleep 60"]);
    for (const id of [2, 3, 4]) await client.job(id, ["true"]);
    await eventually(() => exists(box.path("up")), "the job is not up");
    await client.send(hostFrame(HOST_FRAME.cancel, 3));
    await client.send(slotsFrame(0, 0));
    await eventually(() => client.returned.size === 3, "they do not come back");
    await client.send(hostFrame(HOST_FRAME.cancel));
    await eventually(() => client.ended.has(1), "the job does not end");
    assertEquals(client.ended.get(1)!.how, "cancelled");
    assertEquals((await client.close()).code, 0);
    assertEquals([...client.returned].sort(), [2, 3, 4]);
  },
);

e2e("worker: when its input ends, everything ends at once, whatever it ignores", async (box) => {
  const client = new WorkerClient(box);
  await client.setup({ termSteps: [[15, 600_000], [9, 0]] });
  await client.job(1, ["sh", "-c", 'trap "" TERM; setsid sleep 60 & touch up; sleep 60; sleep 60']);
  await eventually(() => exists(box.path("up")), "the job is not up");
  await client.leave();
  assertEquals((await client.over()).code, 0);
  assertEquals(box.processes(), []);
});

e2e("worker: killed, its guard ends everything", async (box) => {
  const client = new WorkerClient(box);
  await client.setup();
  await client.job(1, ["sh", "-c", 'trap "" TERM; setsid sleep 60 & touch up; sleep 60; sleep 60']);
  await eventually(() => exists(box.path("up")), "the job is not up");
  client.process.kill("SIGKILL");
  await client.over();
  await eventually(() => box.processes().length === 0, "something is left");
});

e2e("worker: a client that says nothing any more is gone", async (box) => {
  const client = new WorkerClient(box);
  await client.setup({ heartbeat: 1000 });
  await client.job(1, ["sleep", "60"]);
  assertEquals((await client.over()).code, 0);
  assertEquals(box.processes(), []);
});

e2e(
  "worker: a client that does not read holds it, and not its memory; a new credit lets it go on",
  async (box) => {
    const client = new WorkerClient(box);
    client.grants = false;
    await client.setup({ slots: "2" });
    const size = 64 << 20;
    for (let id = 1; id <= 6; id++) await client.job(id, ["head", "-c", `${size}`, "/dev/zero"]);
    const all = () => [...client.bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    await eventually(() => all() >= 1 << 20, "nothing comes");
    client.reads = false;
    assert(memoryOf(client.process.pid) < MOST_MEMORY, `${memoryOf(client.process.pid)} bytes`);
    client.reads = client.grants = true;
    await client.send(numberFrame(HOST_FRAME.credit, 1 << 20));
    await eventually(() => client.ended.size === 6, "it does not go on");
    assertEquals([...client.bytes.values()], Array.from({ length: 6 }, () => size));
    assert(memoryOf(client.process.pid) < MOST_MEMORY, `${memoryOf(client.process.pid)} bytes`);
    assertEquals((await client.close()).code, 0);
  },
);

e2e("worker: endless lines of a running job wait for the client", async (box) => {
  const client = new WorkerClient(box);
  client.grants = false;
  await client.setup({ output: "line", credit: 1 << 18 });
  await client.job(1, ["yes"]);
  await eventually(() => (client.bytes.get(1) ?? 0) >= 1 << 18, "nothing comes");
  const before = client.bytes.get(1)!;
  await client.send(numberFrame(HOST_FRAME.credit, 1 << 20));
  await eventually(() => client.bytes.get(1)! >= before + (1 << 20), "nothing more comes");
  assert(memoryOf(client.process.pid) < MOST_MEMORY);
  await client.send(hostFrame(HOST_FRAME.cancel, 1));
  client.grants = true;
  await eventually(() => client.ended.has(1), "it does not end");
  assertEquals((await client.close()).code, 0);
});

e2e(
  "worker: anything but a frame or a setup is reported, ends what runs, and is status 125",
  async (box) => {
    const cases: [string, (client: WorkerClient) => Promise<void>, RegExp][] = [
      [
        "noise",
        (client) => client.send(new Uint8Array(64).fill(0xff)),
        /a frame of 4294967295 bytes/,
      ],
      ["a job first", (client) => client.job(1, ["true"]), /frame 2 before SETUP/],
      [
        "bad setup",
        (client) => client.setup({ slots: "many" }),
        /'many' is not a number of jobs|slots/,
      ],
      ["a worker's frame", async (client) => {
        await client.setup();
        await client.job(1, ["sleep", "60"]);
        await client.send(hostFrame(HOST_FRAME.ready));
      }, /frame 32, which a client does not send/],
      ["twice the same job", async (client) => {
        await client.setup({ slots: "1" });
        await client.job(1, ["sleep", "60"]);
        for (const id of [2, 2]) {
          await client.job(id, ["sleep", "60"]);
        }
      }, /job 2 twice/],
    ];
    for (const [what, say, why] of cases) {
      const client = new WorkerClient(box);
      await say(client);
      assertEquals((await client.over()).code, 125, what);
      assertMatch(client.failed, why);
      assertEquals(box.processes(), [], what);
    }
  },
);

e2e(
  "worker: whatever noise it is sent, at whatever moment, it ends, with everything",
  async (box) => {
    for (let round = 0; round < rounds(6, 100); round++) {
      const seed = SEED + round;
      const random = randomNumbers(seed);
      const client = new WorkerClient(box);
      if (random() < 0.8) await client.setup({ output: random() < 0.5 ? "group" : "line" });
      const jobs = Math.floor(4 * random());
      for (let id = 1; id <= jobs; id++) await client.job(id, ["sh", "-c", "yes & sleep 60"]);
      const noise = new Uint8Array(Math.floor(400 * random())).map(() =>
        Math.floor(256 * random())
      );
      await client.send(noise);
      if (random() < 0.3) client.process.kill("SIGKILL");
      await client.leave();
      await client.over();
      await eventually(() => box.processes().length === 0, `something is left; seed ${seed}`);
    }
  },
);

e2e("worker: at a terminal, or without input, it says what it is for", async (box) => {
  const none = await box.imp(["worker", "--stdio"]);
  assertEquals([none.code, /^imp-worker 1 \{.*\}\n$/.test(none.stdout)], [0, true]);
  const bare = await box.imp(["worker"]);
  assertEquals(bare.code, 2);
  const seen = await box.run(["script", "-qec", `${impBinary()} worker --stdio`, "/dev/null"]);
  assertMatch(seen.stdout, /cannot take jobs from standard input: it is a terminal/);
});
