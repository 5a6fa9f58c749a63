// imp pool --on: what it prints is what the local pool prints.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists } from "./harness.ts";
import { e2eWithNats } from "./nats.ts";
import { drain, listed, TestWorker } from "./queue_run.ts";

e2eWithNats(
  "output, order, tags, statuses and the job log are those of a local pool",
  async (box, server) => {
    const worker = new TestWorker(box, server, ["--allow-any", "-j4"]);
    const both = async (...words: string[]) => {
      const here = await box.imp(["pool", ...words]);
      const there = await box.imp(["pool", "-q", "--on", server.url, ...words]);
      assertEquals(there.stdout, here.stdout, words.join(" "));
      assertEquals(there.code, here.code, words.join(" "));
      return there;
    };
    await both("-k", "--tag", "echo", ":::", "a", "b c", "ü", "");
    await both(
      "-k",
      "sh",
      "-c",
      "echo out; echo err >&2; exit $1",
      "x",
      "{}",
      ":::",
      "0",
      "3",
      "7",
    );
    await both("-k", "printf", "\\377\\000x%s", ":::", "1", "2");
    await both("--shell", "kill -9 $$", ":::", "1");
    const none = await box.imp(["pool", "--on", server.url, "no-such-program", ":::", "1"]);
    assertEquals(none.code, 1);
    assertMatch(none.stderr, /no-such-program/);
    const log = box.path("log");
    await box.imp([
      "pool",
      "-q",
      "--on",
      server.url,
      "--joblog",
      log,
      "-k",
      "sh",
      "-c",
      "exit $1",
      "x",
      "{}",
      ":::",
      "0",
      "5",
    ]);
    const rows = Deno.readTextFileSync(log).trim().split("\n").slice(1).map((row) =>
      row.split("\t")
    );
    const told = rows.map((row) => [row[0], row[6], row[7]]).sort();
    assertEquals(told, [["1", "0", "0"], ["2", "5", "0"]]);
    assertEquals(await worker.end(), 0);
  },
);

e2eWithNats("large outputs and inputs come whole, byte for byte", async (box, server) => {
  const worker = new TestWorker(box, server, ["--allow-any", "-j2"]);
  const made = await box.sh(
    `head -c 3000000 /dev/urandom > big; base64 big > lines
     $IMP pool -q --on ${server.url} -k cat ::: big big > copy
     cat big big | cmp - copy && echo same
     head -n 5000 lines | $IMP pool -q --on ${server.url} -k --pipe --block 100k cat > piped
     head -n 5000 lines | cmp - piped && echo same`,
    { cwd: box.directory },
  );
  assertEquals([made.stdout, made.stderr], ["same\nsame\n", ""]);
  const { code, stderr } = await box.sh(
    `$IMP pool --on ${server.url} --pipe --block 2M wc -c < lines`,
    { cwd: box.directory },
  );
  assertEquals(code, 2);
  assertMatch(stderr, /the queue takes \d+ \(max_payload of the\s+servers\)/);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("--timeout, --retries, --halt and Ctrl-C reach workers", async (box, server) => {
  const worker = new TestWorker(box, server, ["--allow-any", "-j4"]);
  const pool = (...words: string[]) => box.imp(["pool", "--on", server.url, ...words]);
  const late = await pool("--timeout", "300ms", "sleep", ":::", "100");
  assertEquals(late.code, 1);
  assertMatch(late.stderr, /timed out|time was up|longer than/);
  const tries = box.path("tries");
  const again = await pool(
    "--retries",
    "3",
    "sh",
    "-c",
    `echo x >> ${tries}; test $(wc -l < ${tries}) = 3`,
    "x",
    ":::",
    "1",
  );
  assertEquals([again.code, Deno.readTextFileSync(tries)], [0, "x\nx\nx\n"]);
  const halted = await pool(
    "-q",
    "--halt",
    "now,fail=1",
    "sh",
    "-c",
    "test $1 = a && exit 9; sleep 1000",
    "x",
    "{}",
    ":::",
    "a",
    "b",
    "c",
  );
  assertEquals(halted.code, 9);
  await eventually(() => sleepers(box).length === 0, "the others to be ended");
  const client = box.start(["pool", "-q", "--on", server.url, "sleep", ":::", "1000", "1001"]);
  await eventually(() => sleepers(box).length === 2, "two jobs");
  client.kill("SIGINT");
  assertEquals((await client.status).signal, "SIGINT");
  await eventually(() => sleepers(box).length === 0, "its jobs to be ended");
  assert((await listed(box, server)).some(({ state }) => state === "cancelled"));
  assertEquals(await worker.end(), 0);
});

function sleepers(box: { processes(): number[] }): number[] {
  return box.processes().filter((pid) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).startsWith("sleep\0");
    } catch {
      return false;
    }
  });
}

e2eWithNats(
  "--detach leaves when the queue has all; --attach prints what is missing, once",
  async (box, server) => {
    const left = await box.sh(`seq 20 | $IMP pool --detach --on ${server.url} echo item`);
    const run = left.stdout.trim();
    assertEquals(left.code, 0);
    assertMatch(left.stderr, new RegExp(`^imp pool: run ${run} of queue default\n$`));
    assertEquals((await drain(box, server)).code, 0);
    const attach = () => box.imp(["pool", "--on", server.url, "--attach", run, "-k", "--tag"]);
    const lines = Array.from({ length: 20 }, (_, i) => `item ${i + 1}\titem ${i + 1}\n`).join("");
    const first = await attach();
    assertEquals([first.code, first.stdout], [0, lines]);
    assertEquals((await attach()).stdout, "");
    const none = await box.imp(["pool", "--on", server.url, "--attach", "no-run"]);
    assertEquals(none.code, 125);
    assertMatch(none.stderr, /queue default has no such run/);
  },
);

e2eWithNats("two pools do not print one run", async (box, server) => {
  const worker = new TestWorker(box, server, ["--allow-any"]);
  const client = box.start(["pool", "--on", server.url, "sleep", ":::", "1000"]);
  await eventually(() => sleepers(box).length === 1, "a job");
  const [{ run }] = await listed(box, server);
  const second = await box.imp(["pool", "--on", server.url, "--attach", run]);
  assertEquals(second.code, 125);
  assertMatch(second.stderr, /another imp pool prints it, PID \d+/);
  client.kill("SIGTERM");
  await client.status;
  assertEquals(await worker.end(), 0);
});

e2e("what --on cannot be used with is said, and a server that is not there", async (box) => {
  const told = async (...words: string[]) => {
    const { code, stderr } = await box.imp(["pool", ...words]);
    return `${code} ${stderr.split("\n")[0]}`;
  };
  assertEquals(await told("--detach", "echo", ":::", "1"), "2 imp pool: --detach needs --on URL");
  assertMatch(
    await told("--on", "nats://h", "-S", ":", "echo", ":::", "1"),
    /^2 .*--on and --sshlogin/,
  );
  assertMatch(
    await told("--on", "nats://h", "--call", "x.ts"),
    /^127 .*cannot load x\.ts: ENOENT/,
  );
  assertMatch(
    await told("--on", "nats://h", "--attach", "r", "echo"),
    /^2 .*--attach takes no program/,
  );
  assertMatch(
    await told("--on", "nats://h", "--detach", "--joblog", "x", "echo"),
    /^2 .*--detach and --joblog/,
  );
  assertMatch(
    await told("-q", "--on", "nats://127.0.0.1:1", "echo", ":::", "1"),
    /^125 .*no server listens there/,
  );
  assert(!exists(box.path("x")));
});
