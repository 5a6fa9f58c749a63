import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  e2e,
  endIfThere,
  eventually,
  exists,
  rounds,
  type Sandbox,
  statFields,
  wordsOf,
} from "./harness.ts";
import { randomNumbers } from "./random.ts";
import { standInHosts } from "./stand_in_hosts.ts";
import { SEED } from "../seed.ts";

/** A shell with children in background, in a session of its own, and without a parent; all ignore the signals that are sent first. */
const TREE =
  `trap "" TERM; sleep 60 & setsid sleep 60 & (setsid sh -c "sleep 60 & wait" &) ; touch up.$1; wait; sleep 60`;
const JOBS = ["1", "2", "3"];

async function trees(box: Sandbox, ...options: string[]): Promise<Deno.ChildProcess> {
  const { env, list } = standInHosts(box);
  const child = box.start(
    ["pool", "-S", `${list(2, 1)},1/:`, ...options, "--shell", TREE, ":::", ...JOBS],
    { env },
  );
  const up = () => JOBS.every((i) => exists(box.path(`up.${i}`)));
  await eventually(() => up() && box.processes().length > 15, "trees are not up");
  return child;
}

const isWorker = (pid: number) => wordsOf(pid)[0] === "imp" && wordsOf(pid).includes("--stdio");
const isTransport = (pid: number) => wordsOf(pid)[1]?.endsWith("stand-in-ssh") ?? false;
const isGuard = (pid: number) => wordsOf(pid).some((word) => /^imp-\w+-guard$/.test(word));

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  e2e(`hosts: ${signal} of the client leaves nothing on any host`, async (box) => {
    const child = await trees(box, "--term-seq", "TERM,100ms,KILL");
    child.kill(signal);
    assertEquals((await child.status).signal, signal);
    // Of what can be caught imp has proved it before it died.
    if (signal !== "SIGKILL") assertEquals(box.processes(), []);
    await eventually(() => box.processes().length === 0, "something is left");
  });
}

e2e("hosts: a second Ctrl-C does not wait for what ignores the first", async (box) => {
  const child = await trees(box, "--term-seq", "TERM,60s,KILL");
  child.kill("SIGINT");
  await eventually(() => box.processes().length > 0, "imp ended too early");
  child.kill("SIGINT");
  assertEquals((await child.status).signal, "SIGINT");
  await eventually(() => box.processes().length === 0, "something is left");
});

for (const [what, isOne] of [["a worker", isWorker], ["ssh", isTransport]] as const) {
  e2e(
    `hosts: kill -9 of ${what} ends what ran there; its job is lost, and others go on`,
    async (box) => {
      const { env, list } = standInHosts(box);
      const script =
        'sleep 60 & setsid sleep 60 & echo $$ >"pid.$1"; test "$1" = 1 || exit 0; wait; sleep 60';
      const child = box.start(
        ["pool", "-S", list(1, 1), "--joblog", "log", "--shell", script, ":::", "1", "2"],
        { env, stderr: "piped" },
      );
      await eventually(() => exists(box.path("pid.1")) && box.processes().some(isOne), "not up");
      endIfThere(box.processes().find(isOne)!);
      const { code, stderr } = await child.output();
      assertEquals(code, 1);
      assertMatch(new TextDecoder().decode(stderr), /lost \S+ host1, with [12] jobs?: /);
      const rows = Deno.readTextFileSync(box.path("log")).split("\n").slice(1, -1).map((row) =>
        row.split("\t")
      );
      assertEquals(rows.map((row) => [row[0], row[6]]).sort(), [["1", "-2"], ["2", "0"]]);
      await eventually(() => box.processes().length === 0, "something is left");
    },
  );
}

e2e(
  "hosts: a worker that is told to end says so, and what it has not begun is done elsewhere",
  async (box) => {
    const { env, list } = standInHosts(box);
    const child = box.start(
      [
        ...["pool", "-S", list(2, 1), "--joblog", "log", "--retries", "2", "--shell"],
        ...["echo $PPID >new.$1; mv new.$1 up; sleep 1; true", ":::", "1", "2", "3", "4"],
      ],
      { env, stderr: "piped" },
    );
    await eventually(() => exists(box.path("up")), "not up");
    // The other worker may have no job yet.
    const worker = Number(Deno.readTextFileSync(box.path("up")));
    assert(isWorker(worker));
    Deno.kill(worker, "SIGTERM");
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr).includes("lost")], [0, true]);
    const rows = Deno.readTextFileSync(box.path("log")).split("\n").slice(1, -1);
    assertEquals(rows.map((row) => row.split("\t")[6]), ["0", "0", "0", "0"]);
  },
);

/** Whom chaos kills. */
const VICTIMS = [isWorker, isTransport, isGuard] as const;

for (const onLost of ["fail", "retry"] as const) {
  e2e(
    `hosts: whoever is killed at whatever moment, each job is reported once; --on-lost ${onLost}`,
    async (box) => {
      const { env, list } = standInHosts(box);
      for (let round = 0; round < rounds(3, 60); round++) {
        const seed = SEED + round;
        const random = randomNumbers(seed);
        const log = box.path(`log.${round}`);
        const jobs = 60;
        const child = box.start([
          ...["pool", "-k", "-S", list(3, 2), "--joblog", log, "--on-lost", onLost, "--shell"],
          ...[
            'sleep "0.0$(($1 % 10))"; echo "$1"',
            ":::",
            ...Array.from({ length: jobs }, (_, i) => `${i + 1}`),
          ],
        ], { env, stdout: "piped", stderr: "piped" });
        const output = child.output();
        const over = output.then(() => true);
        for (let kills = 0; kills < 3; kills++) {
          const pause = new Promise<false>((resolve) => setTimeout(resolve, 150 * random(), false));
          if (await Promise.race([over, pause])) break;
          const isVictim = VICTIMS[Math.floor(random() * VICTIMS.length)];
          const victims = box.processes().filter(isVictim);
          if (victims.length > 0) endIfThere(victims[Math.floor(random() * victims.length)]);
        }
        const { code, stdout, stderr } = await output;
        const text = new TextDecoder().decode(stdout);
        const where = `seed ${seed}: ${new TextDecoder().decode(stderr)}`;
        const rows = Deno.readTextFileSync(log).split("\n").slice(1, -1).map((row) =>
          row.split("\t")
        );
        assertEquals(new Set(rows.map(([seq]) => seq)).size, jobs, where);
        assertEquals(rows.length, jobs, where);
        const lost = rows.filter((row) => row[6] === "-2").length;
        assertEquals([code, rows.filter((row) => row[6] !== "0").length], [lost, lost], where);
        const printed = text.split("\n").filter((line) => line !== "").map(Number);
        assertEquals(printed, [...printed].sort((a, b) => a - b), where);
        assertEquals(printed.length, jobs - lost, where);
        if (onLost === "retry") assertEquals(lost, 0, where);
        await eventually(() => box.processes().length === 0, () => `something is left; ${where}`);
      }
    },
  );
}

e2e(
  "hosts: kill -9 of the client at whatever moment leaves nothing, and resume does the rest",
  async (box) => {
    const { env, list, imp } = standInHosts(box);
    for (let round = 0; round < rounds(3, 60); round++) {
      const seed = SEED + round;
      const random = randomNumbers(seed);
      const log = box.path(`log.${round}`);
      const words = [
        ...[
          "pool",
          "-S",
          list(2, 2),
          "--joblog",
          log,
          "--resume",
          "--shell",
          'sleep "0.0$1"',
          ":::",
        ],
        ...Array.from({ length: 40 }, (_, i) => `${i}`),
      ];
      const child = box.start(words, { env });
      await new Promise((resolve) => setTimeout(resolve, 400 * random()));
      endIfThere(child.pid);
      await child.status;
      await eventually(() => box.processes().length === 0, `something is left; seed ${seed}`);
      const run = await imp(words);
      assertEquals(run.code, 0, `seed ${seed}: ${run.stderr}`);
      const rows = Deno.readTextFileSync(log).split("\n").filter((row) => /^\d/.test(row));
      assertEquals(new Set(rows.map((row) => row.split("\t")[8])).size, 40, `seed ${seed}`);
      assert(rows.length === 40, `seed ${seed}: ${rows.length} rows`);
    }
  },
);

e2e("hosts: Ctrl-Z stops the jobs of this machine, and the time is nobody's", async (box) => {
  // In a group of its own, whose parent is of the same session: the kernel stops no other, setpgid(2).
  const run = box.sh(`set -m
    ("$IMP" pool -S : --timeout 4s --joblog log --shell 'sleep 1 & touch up; wait' ::: 1
    echo $? >status) &
    until [ -e status ]; do sleep 0.1; done`);
  await eventually(() => exists(box.path("up")), "the job is not up");
  const imp = box.processes().find((pid) => wordsOf(pid)[1] === "pool")!;
  Deno.kill(imp, "SIGTSTP");
  const isStopped = (pid: number) => statFields(pid)?.[0] === "T";
  await eventually(() => box.processes().filter(isStopped).length >= 3, "they are not stopped");
  await new Promise((resolve) => setTimeout(resolve, 4500));
  Deno.kill(imp, "SIGCONT");
  await run;
  assertEquals(Deno.readTextFileSync(box.path("status")), "0\n");
  assertMatch(Deno.readTextFileSync(box.path("log")), /^1\t:\t.*\t0\t0\t/m);
});
