import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  e2e,
  endIfThere,
  eventually,
  exists,
  impBinary,
  isAlive,
  rounds,
  type Sandbox,
  wordsOf,
} from "./harness.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

/** A worker that answers each line with `got LINE`, and does something else for some of them. */
function worker(special = ":"): string[] {
  return ["sh", "-c", `while read -r x; do ${special}; echo "got $x"; done`];
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join("");
}

interface Record {
  seq: number;
  item: string[];
  outcome: string;
  stdout: string | null;
  attempt: number;
  pid: number;
}

function records(text: string): Record[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

function isWorker(words: readonly string[]): boolean {
  return words.length > 0 && !words.includes("imp-pool-guard");
}

/** Children of a process that are workers: not the guard. */
function workersOf(pid: number): number[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    return text.trim().split(" ").filter((word) => word !== "").map(Number)
      .filter((child) => isWorker(wordsOf(child)));
  } catch {
    return [];
  }
}

e2e(
  "workers: each line has one answer, in order with -k, from processes that stay",
  async (box) => {
    const { code, stdout } = await box.imp(["pool", "--workers", "-k", "-j3", ...worker()], {
      stdin: lines(1, 1000),
    });
    assertEquals([code, stdout], [0, lines(1, 1000).replace(/^(?=.)/gm, "got ")]);
    const pids = await box.imp(["pool", "--workers", "-j2", "--json", "cat"], {
      stdin: lines(1, 500),
    });
    assert(new Set(records(pids.stdout).map(({ pid }) => pid)).size <= 2);
  },
);

e2e("workers: whoever is free gets the next line: a slow one holds nobody up", async (box) => {
  const { stdout } = await box.imp(
    [
      "pool",
      "--workers",
      "-j2",
      ...worker(
        '[ "$x" != slow ] || until [ -e go ]; do sleep 0.01; done; [ "$x" != 40 ] || : > go',
      ),
    ],
    { stdin: `slow\n${lines(1, 40)}` },
  );
  const answers = stdout.trim().split("\n");
  assertEquals(answers.length, 41);
  // All that follow are answered by the other one. It lets the first go on before it answers the last.
  assert(answers.indexOf("got slow") >= 39, stdout);
});

e2e("workers: the first answer does not wait for the next line", async (box) => {
  const child = new Deno.Command(impBinary(), {
    args: ["pool", "--workers", ...worker()],
    env: { IMP_TEST_TAG: box.tag },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  for (const item of ["one", "two"]) {
    await writer.write(new TextEncoder().encode(`${item}\n`));
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), `got ${item}\n`);
  }
  await writer.close();
  assertEquals((await reader.read()).done, true);
  assertEquals((await child.status).code, 0);
});

e2e(
  "workers: one that dies costs its own record only, and another takes its place",
  async (box) => {
    const special = "case $x in kill) kill -9 $$ ;; exit) exit 7 ;; silent) exit 0 ;; esac";
    const { code, stdout, stderr } = await box.imp(
      ["pool", "--workers", "-k", "-j2", "--joblog", "log", ...worker(special)],
      { stdin: "a\nkill\nb\nexit\nsilent\nc\n" },
    );
    assertEquals([code, stdout], [3, "got a\ngot b\ngot c\n"]);
    assertStringIncludes(stderr, 'record 2 ("kill") failed: worker');
    assertStringIncludes(stderr, "killed by KILL");
    assertStringIncludes(stderr, "exit 7");
    assertStringIncludes(stderr, "ended without answering it");
    const rows = Deno.readTextFileSync(box.path("log")).trim().split("\n").slice(1).map((row) =>
      row.split("\t")
    );
    const ends = new Map(rows.map((row) => [Number(row[0]), `${row[6]} ${row[7]}`]));
    assertEquals([1, 2, 3, 4, 5, 6].map((seq) => ends.get(seq)), [
      "0 0",
      "0 9",
      "0 0",
      "7 0",
      "1 0",
      "0 0",
    ]);
  },
);

e2e("workers: a record is tried again, and --resume-failed does what failed", async (box) => {
  const special = '[ "$x" != 2 ] || [ -e seen ] || { : > seen; exit 75; }';
  const again = await box.imp(["pool", "--workers", "-k", "--retries", "2", ...worker(special)], {
    stdin: lines(1, 3),
  });
  assertEquals([again.code, again.stdout], [0, "got 1\ngot 2\ngot 3\n"]);
  Deno.removeSync(box.path("seen"));
  const failing = [
    "pool",
    "--workers",
    "-k",
    "--joblog",
    "log",
    "--resume-failed",
    ...worker(special),
  ];
  const first = await box.imp(failing, { stdin: lines(1, 3) });
  assertEquals([first.code, first.stdout], [1, "got 1\ngot 3\n"]);
  const second = await box.imp(failing, { stdin: lines(1, 4) });
  assertEquals([second.code, second.stdout], [0, "got 2\ngot 4\n"]);
});

e2e("workers: --timeout ends the worker with its tree, and costs one record", async (box) => {
  const special = '[ "$x" != 2 ] || { sleep 60 & wait; }';
  const { code, stdout, stderr } = await box.imp(
    ["pool", "--workers", "-k", "-j2", "--timeout", "300ms", "--json", ...worker(special)],
    { stdin: lines(1, 5) },
  );
  assertEquals(records(stdout).map(({ outcome }) => outcome), [
    "exit",
    "timeout",
    "exit",
    "exit",
    "exit",
  ]);
  assertEquals([code, stderr], [1, "imp pool: 5 records: 4 succeeded, 1 failed\n"]);
});

e2e("workers: replaced after so many records, or above so much memory", async (box) => {
  const few = await box.imp(
    ["pool", "--workers", "-j1", "--json", "--max-tasks-per-worker", "10", "cat"],
    { stdin: lines(1, 50) },
  );
  const byPid = Map.groupBy(records(few.stdout), ({ pid }) => pid);
  assertEquals([...byPid.values()].map((all) => all.length), [10, 10, 10, 10, 10]);
  box.script(
    "leak.py",
    "import sys\nkept = []\nfor line in sys.stdin:\n  kept.append('x' * 20_000_000)\n" +
      "  __import__('time').sleep(0.1)\n  print(line.strip(), flush=True)\n",
  );
  const leak = await box.imp(
    [
      "pool",
      "--workers",
      "-j1",
      "-k",
      "--json",
      "--max-memory-per-worker",
      "80M",
      "python3",
      "leak.py",
    ],
    { stdin: lines(1, 12) },
  );
  assertEquals(
    records(leak.stdout).map(({ stdout }) => stdout).join(" "),
    lines(1, 12).trim().replaceAll("\n", " "),
  );
  assert(new Set(records(leak.stdout).map(({ pid }) => pid)).size >= 2, leak.stdout);
});

e2e(
  "workers: a program that keeps its answers in a buffer is reported, and does not hang",
  async (box) => {
    const script = "import sys\nfor line in sys.stdin: print('got', line.strip())";
    const { code, stdout, stderr } = await box.imp(
      ["pool", "--workers", "-k", "-j1", "python3", "-c", script],
      { stdin: lines(1, 3), env: { PYTHONUNBUFFERED: "" } },
    );
    assertEquals([code, stdout], [0, "got 1\ngot 2\ngot 3\n"]);
    assertStringIncludes(stderr, "python3 -u");
    assertEquals(stderr.split("python3 -u").length, 2);
  },
);

e2e(
  "workers: what cannot be a worker is reported once, and nothing goes on forever",
  async (box) => {
    const table: [argv: string[], code: number, message: string][] = [
      [
        ["false"],
        125,
        "5 workers in a row ended without having read a record, the last one: exit 1",
      ],
      [["./none"], 127, "/none: ENOENT"],
      [["sh", "-c", 'while read -r x; do echo "$x"; echo "$x"; done'], 125, "more than one line"],
      [["sh", "-c", "echo ready; while read -r x; do echo $x; done"], 125, "more than one line"],
    ];
    for (const [argv, code, message] of table) {
      const result = await box.imp(["pool", "--workers", "-j2", ...argv], { stdin: lines(1, 20) });
      assertEquals(result.code, code, `${argv}: ${result.stderr}`);
      assertStringIncludes(result.stderr, message);
    }
    const late = await box.imp([
      "pool",
      "--workers",
      "sh",
      "-c",
      'while read -r x; do echo "$x"; done; exit 4',
    ], {
      stdin: "a\n",
    });
    assertEquals([late.code, late.stdout], [1, "a\n"]);
    assertStringIncludes(late.stderr, "exit 4");
  },
);

e2e(
  "workers: programs that end by themselves after some records are started again",
  async (box) => {
    for (const argv of [["sh", "-c", 'read -r x; echo "$x"'], ["head", "-n1"]]) {
      const { code, stdout, stderr } = await box.imp(["pool", "--workers", "-k", "-j2", ...argv], {
        stdin: lines(1, 20),
      });
      assertEquals([code, stdout, stderr], [0, lines(1, 20), ""]);
    }
  },
);

e2e("workers: records may be ended by NUL or by anything, and be long", async (box) => {
  const nul = await box.sh(
    "printf 'a\\nb\\0c\\0' | $IMP pool --workers -0 -k sed -zu 's/^/x/' | tr '\\0' '|'",
  );
  assertEquals(nul.stdout, "xa\nb|xc|");
  const long = await box.sh(
    "head -c 3000000 /dev/zero | tr '\\0' x > long; (cat long; echo; echo y; cat long; echo) | $IMP pool --workers -k -j2 cat | md5sum; " +
      "(cat long; echo; echo y; cat long; echo) | md5sum",
  );
  const [imp, plain] = long.stdout.trim().split("\n");
  assertEquals(imp, plain);
  const words = await box.imp(["pool", "--workers", "-k", "--tag", "cat", ":::", "a", "b\nc", "d"]);
  assertEquals([words.code, words.stdout], [1, "a\ta\nd\td\n"]);
  assertStringIncludes(words.stderr, "the item holds what ends a record");
});

e2e("workers: --halt, endless input, and a reader that goes away", async (box) => {
  const halted = await box.sh(`yes | $IMP pool --workers -j2 --halt soon,success=100 cat | wc -l`);
  assert(Number(halted.stdout) >= 100 && Number(halted.stdout) < 200, halted.stdout);
  const head = await box.sh("yes | $IMP pool --workers -j2 cat | head -n 1; echo ${PIPESTATUS[1]}");
  assertEquals(head.stdout, "y\n141\n");
  const failed = await box.imp(
    ["pool", "--workers", "-j1", "--halt", "now,fail=1", ...worker('[ "$x" != 3 ] || exit 9')],
    { stdin: lines(1, 100) },
  );
  assertEquals(failed.code, 9);
});

e2e("workers: one that closes its stdin or stdout and lives on is replaced", async (box) => {
  const script =
    'read -r x; echo "got $x"; [ "$x" != 1 ] || exec <&-; [ "$x" != 2 ] || exec >&-; ' +
    '[ "$x" -le 2 ] || exit 0; sleep 60';
  const { stdout, stderr } = await box.imp(["pool", "--workers", "-k", "-j2", "sh", "-c", script], {
    stdin: lines(1, 6),
  });
  assertEquals(stdout, lines(1, 6).replace(/^(?=.)/gm, "got "));
  assertStringIncludes(stderr, "has closed its stdin or stdout but still runs: it is ended");
});

e2e("workers: where descriptors run out, those that could be started do the work", async (box) => {
  const { stdout } = await box.sh(
    "ulimit -n 60; seq 2000 | $IMP pool --workers -j50 -k sh -c 'while read -r x; do sleep 0.001; echo $x; done' | md5sum; seq 2000 | md5sum",
  );
  const [imp, plain] = stdout.trim().split("\n");
  assertEquals(imp, plain);
});

e2e("workers: a slow reader of the answers is nobody's fault", async (box) => {
  const { stdout, stderr } = await box.sh(
    "seq 200000 > all; $IMP pool --workers -k -j2 --timeout 400ms cat < all | (sleep 1.5; cmp - all && echo same)",
  );
  assertEquals([stdout, stderr], ["same\n", ""]);
});

e2e("workers: stderr passes by whole lines, wrong use is reported", async (box) => {
  const script = 'while read -r x; do printf "err " >&2; printf "%s\\n" "$x" >&2; echo "$x"; done';
  const { stderr } = await box.imp(["pool", "--workers", "-j4", "sh", "-c", script], {
    stdin: lines(1, 200),
  });
  assertEquals(
    stderr.trim().split("\n").map((line) => Number(/^err (\d+)$/.exec(line)?.[1])).sort((a, b) =>
      a - b
    ),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  const table: [args: string[], message: string][] = [
    [["--workers"], "no program given"],
    [["--workers", "echo", "{}"], "{} cannot be used with it"],
    [["--workers", "--shell", "cat"], "--workers and --shell cannot be used together"],
    [["--workers", "--max-tasks-per-worker", "0", "cat"], "not a number of records"],
    [["--workers", "--max-memory-per-worker", "much", "cat"], "not a size"],
    [["--workers", "--ahead", "-1", "cat"], "not a number"],
    [["--workers", "--json-args", "cat"], "--json-args needs --call"],
  ];
  for (const [args, message] of table) {
    const wrong = await box.imp(["pool", ...args]);
    assertEquals(wrong.code, 2, wrong.stderr);
    assertStringIncludes(wrong.stderr, message);
  }
});

const RECORDS = rounds(1000, 10_000);

/**
 * Many records while workers are killed at random moments, on a slow machine too with some answers between two
 * kills: where workers end one after the other before any has begun a record, imp rightly gives up.
 */
async function underFire(box: Sandbox, args: string[]): Promise<Record[]> {
  Deno.writeTextFileSync(box.path("items"), lines(1, RECORDS));
  const child = box.start(["pool", "-j3", "--json", "-a", "items", ...args], { stdout: "piped" });
  const random = randomNumbers(SEED);
  let text = "", answers = 0, due = 0;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    answers += chunk.split("\n").length - 1;
    if (answers < due) continue;
    due = answers + 20 + 100 * random();
    await new Promise((resolve) => setTimeout(resolve, 20 * random()));
    const victims = workersOf(child.pid);
    if (victims.length > 0) endIfThere(victims[Math.floor(random() * victims.length)]);
  }
  await child.status;
  return records(text);
}

function judge(all: Record[]): void {
  assertEquals(
    all.map(({ seq }) => seq).sort((a, b) => a - b),
    Array.from({ length: RECORDS }, (_, i) => i + 1),
    "each record is reported exactly once",
  );
  const killed = all.filter(({ outcome }) => outcome !== "exit");
  for (const { outcome, stdout, item } of all) {
    if (outcome === "exit") assertEquals(stdout, `got ${item[0]}`);
    else assertEquals([outcome, stdout], ["signal", null]);
  }
  assert(killed.length > 0, "nobody was hit");
}

e2e(
  "workers: killed at random moments, each record is reported exactly once",
  async (box) => {
    const busy = "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); done";
    judge(await underFire(box, ["--workers", ...worker(busy)]));
  },
);

e2e(
  "call: killed at random moments, each record is reported exactly once",
  async (box) => {
    box.script(
      "got.ts",
      "export function got(x: string): string {\n" +
        "  for (const until = performance.now() + 0.1; performance.now() < until;);\n" +
        "  return `got ${x}`;\n}\n",
    );
    judge(await underFire(box, ["--call", "./got.ts"]));
  },
);

e2e("workers: kill -9 of imp leaves none, and Ctrl-C ends whole trees", async (box) => {
  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    const child = box.start([
      "pool",
      "-j3",
      "--workers",
      ...worker('trap "" INT; setsid sleep 60 & : > "up.$x"; sleep 60'),
      ":::",
      "1",
      "2",
      "3",
    ]);
    const up = () => [1, 2, 3].every((i) => exists(box.path(`up.${i}`)));
    await eventually(() => up() && box.processes().length >= 10, "workers are not up");
    child.kill(signal);
    assertEquals((await child.status).signal, signal);
    await eventually(() => box.processes().length === 0, "workers are left");
    assert(!isAlive(child.pid));
    for (const i of [1, 2, 3]) Deno.removeSync(box.path(`up.${i}`));
  }
});
