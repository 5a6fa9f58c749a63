import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, SOON_MS } from "./harness.ts";

e2e("pool: grouped output never mixes, and stdout and stderr stay apart", async (box) => {
  const script = 'for i in 1 2 3 4 5 6 7 8; do echo "o$1 $i"; echo "e$1 $i" >&2; done';
  const { stdout, stderr } = await box.sh(`seq 200 | "$IMP" pool -j16 --shell '${script}'`);
  for (const [text, letter] of [[stdout, "o"], [stderr, "e"]]) {
    const lines = text.trimEnd().split("\n");
    assertEquals(lines.length, 1600);
    for (let at = 0; at < lines.length; at += 8) {
      const job = lines[at].split(" ")[0];
      assertEquals(lines.slice(at, at + 8), [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `${job} ${i}`));
      assert(job.startsWith(letter));
    }
  }
});

e2e("pool -k --tag: in order of submission, each line tagged", async (box) => {
  const { stdout } = await box.imp([
    "pool",
    "-k",
    "-j4",
    "--tag",
    "--",
    "sh",
    "-c",
    'sleep "$0"; printf "x\\ny"',
    ":::",
    "0.3",
    "0.2",
    "0.1",
  ]);
  assertEquals(stdout, "0.3\tx\n0.3\ty0.2\tx\n0.2\ty0.1\tx\n0.1\ty");
});

e2e("pool: a large output arrives whole, without being held in memory", async (box) => {
  const { stdout } = await box.sh(`
    "$IMP" pool --shell 'head -c 300000000 /dev/zero' ::: 1 > out & pid=$!
    most=0; while kill -0 $pid 2>/dev/null; do
      now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); [ "\${now:-0}" -gt $most ] && most=$now; sleep 0.02
    done; wait $pid; echo $? $(stat -c %s out) $((most / 1024))`);
  const [code, size, megabytes] = stdout.split(" ").map(Number);
  assertEquals({ code, size }, { code: 0, size: 300_000_000 });
  assert(megabytes < 100, stdout);
});

e2e("pool -k: what waits for a slow first job holds few descriptors", async (box) => {
  const { stdout } = await box.sh(`
    (echo slow; seq 3000) | "$IMP" pool -k -j3 --shell '[ "$1" != slow ] || until [ -e go ]; do sleep 0.05; done; echo "$1"' > out & pid=$!
    for i in $(seq 100); do [ "$(ls /proc/$pid/fd | wc -l)" -gt 5 ] && [ "$(pgrep -P $pid | wc -l)" -le 2 ] && break; sleep 0.2; done
    ls /proc/$pid/fd | wc -l; touch go; wait $pid; echo $?; (echo slow; seq 3000) | cmp - out && echo same`);
  const [open, code, same] = stdout.trimEnd().split("\n");
  assert(Number(open) < 100, open);
  assertEquals([code, same], ["0", "same"]);
});

e2e("pool -k: it goes on when all jobs end while much output waits for the first", async (box) => {
  // imp is stopped until jobs 1 and 101 have ended, so that it sees both ends at once.
  const script = `case $1 in
      1) until [ -e go ]; do sleep 0.01; done ;;
      101) kill -STOP $PPID; touch go ;;
    esac; echo $1`;
  const { stdout } = await box.sh(`
    seq 200 | "$IMP" pool -k -j2 --shell '${script}' > out & pid=$!
    until [ -e go ] && [ "$(ps -o stat= --ppid $pid | grep -c Z)" = 2 ]; do sleep 0.02; done
    kill -CONT $pid; wait $pid; cksum < out; seq 200 | cksum`);
  const [got, expected] = stdout.split("\n");
  assertEquals(got, expected);
});

e2e("pool: a reader that goes away ends it at once", async (box) => {
  const begin = performance.now();
  const { stdout } = await box.sh(
    `yes | "$IMP" pool -j8 --shell 'echo $1; sleep 900 & setsid sleep 900' | head -c 0; echo "\${PIPESTATUS[1]}"`,
  );
  assertEquals(stdout, "141\n");
  assert(performance.now() - begin < SOON_MS);
  await eventually(() => box.processes().length <= 1, "jobs are left");
  await box.endAll();
});

e2e("pool: a full disk stops it and says which jobs are not recorded", async (box) => {
  // As with a full disk: no file may grow beyond 10 KiB, and each row takes 1 KiB.
  const { code, stderr } = await box.sh(
    `trap "" XFSZ; ulimit -f 20; seq 200 | "$IMP" pool -j2 --joblog log -- sh -c 'sleep 0.01' "$(printf %01000d 0)"`,
  );
  assertEquals(code, 125);
  assertMatch(stderr, /cannot write to log: (EFBIG|ENOSPC)/);
  assertMatch(stderr, /not recorded: job \d+(, \d+)*; no further one was started/);
  // What is in the log is whole.
  const log = Deno.readTextFileSync(box.path("log"));
  assert(log.endsWith("\n") && log.split("\n").length > 5, log);
});

e2e("pool: a slow reader does not keep it from ending", async (box) => {
  const { stdout } = await box.sh(`
    mkfifo pipe; sleep 60 < pipe & reader=$!
    seq 50 | "$IMP" pool -j2 --shell 'head -c 100000 /dev/zero' > pipe & pid=$!
    sleep 0.5; kill -TERM $pid; wait $pid; echo $?; kill $reader`);
  assertEquals(stdout, "143\n");
});

e2e("pool --line-buffer: whole lines while the jobs run, and their last words", async (box) => {
  const { stdout } = await box.sh(`
    "$IMP" pool --line-buffer -j2 --tag --shell 'echo first; until [ -e go ]; do sleep 0.02; done; printf last' ::: a b > out & pid=$!
    until [ "$(wc -l < out)" = 2 ]; do sleep 0.02; done; sort out; touch go; wait $pid; echo $?; tail -n +3 out | wc -c`);
  assertEquals(stdout, "a\tfirst\nb\tfirst\n0\n12\n");
  const mixed = await box.sh(
    `"$IMP" pool --line-buffer -j4 -- seq -f '%015.0f' 20000 ::: "" "" "" "" 2>/dev/null | awk 'length != 15' | wc -l`,
  );
  assertEquals(mixed.stdout.trim(), "0");
});
