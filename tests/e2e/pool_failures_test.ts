// What a pool says of jobs that failed: each in a line, some by name, all in number.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually } from "./harness.ts";
import { openShell } from "./terminal.ts";

/** A script for bash; what it says on stderr, and its exit status. */
const CASES: Record<string, [script: string, stderr: string, code: number]> = {
  "exit statuses": [
    `"$IMP" pool -j1 --shell 'exit $1' ::: 0 3 2`,
    `imp pool: job 2 failed (exit 3): /bin/sh -c 'exit $1' sh 3
imp pool: job 3 failed (exit 2): /bin/sh -c 'exit $1' sh 2
imp pool: 3 jobs: 1 succeeded, 2 failed
`,
    2,
  ],
  "--halt now,fail=1": [
    `"$IMP" pool -j2 --halt now,fail=1 -- sh -c 'if [ $0 = 2 ]; then exit 7; fi; sleep 60' ::: 1 2 3`,
    `imp pool: job 2 failed (exit 7): sh -c 'if [ $0 = 2 ]; then exit 7; fi; sleep 60' 2
imp pool: 2 jobs: 0 succeeded, 1 failed, 1 ended, 1 not run
`,
    7,
  ],
  "--timeout": [
    `"$IMP" pool --timeout 200ms sleep ::: 0 60`,
    `imp pool: job 2 failed (timed out after 200ms): sleep 60
imp pool: 2 jobs: 1 succeeded, 1 failed
`,
    1,
  ],
  "a signal, exhausted retries": [
    `ulimit -c 0; "$IMP" pool --retries 3 --shell 'kill -SEGV $$' ::: x`,
    `imp pool: job 1 failed (killed by SEGV, 3 attempts): /bin/sh -c 'kill -SEGV $$' sh x
imp pool: 1 job: 0 succeeded, 1 failed
`,
    1,
  ],
  "a job that cannot be started": [
    `printf 'a\\0b\\n' | "$IMP" pool echo`,
    `imp pool: job 1 failed (not started): cannot start it: EINVAL (the item contains a NUL byte, which no argument can); use -0 if NUL separates the items, or --stdin
imp pool: 1 job: 0 succeeded, 1 failed
`,
    1,
  ],
  "an item that would write on the screen": [
    `"$IMP" pool false ::: $'a\\nb\\e[2J'`,
    `imp pool: job 1 failed (exit 1): false 'a\\nb\\e[2J'
imp pool: 1 job: 0 succeeded, 1 failed
`,
    1,
  ],
  "--pipe, --line-buffer, -u": [
    `printf 'x\\n' | "$IMP" pool --pipe false; "$IMP" pool --line-buffer false ::: y; "$IMP" pool -u false ::: z`,
    `imp pool: job 1 failed (exit 1): false # 2 bytes
imp pool: 1 job: 0 succeeded, 1 failed
imp pool: job 1 failed (exit 1): false y
imp pool: 1 job: 0 succeeded, 1 failed
imp pool: job 1 failed (exit 1): false z
imp pool: 1 job: 0 succeeded, 1 failed
`,
    1,
  ],
  "--json: the records name them": [
    `"$IMP" pool --json false ::: a`,
    "imp pool: 1 job: 0 succeeded, 1 failed\n",
    1,
  ],
  "-q: nothing": [`"$IMP" pool -q --halt now,fail=1 false ::: a`, "", 1],
  "success: nothing": [`"$IMP" pool true ::: a b`, "", 0],
  "--sem: the status is the program's": [
    `"$IMP" pool --sem "$IMP_TEST_TAG" -- sh -c 'exit 9'`,
    "",
    9,
  ],
  "--sem --timeout: it is imp's": [
    `"$IMP" pool --sem "$IMP_TEST_TAG" --timeout 100ms sleep 60`,
    "imp pool: job 1 failed (timed out after 100ms): sleep 60\n",
    124,
  ],
};

for (const [name, [script, expected, status]] of Object.entries(CASES)) {
  e2e(`pool, failures: ${name}`, async (box) => {
    const { code, stderr } = await box.sh(script, { env: { IMP_HOME: box.directory } });
    assertEquals({ code, stderr }, { code: status, stderr: expected });
  });
}

e2e("pool, failures: behind what the job wrote, in order with -k", async (box) => {
  const script = `"$IMP" pool -k -j2 --shell 'echo "o$1"; echo "e$1" >&2; exit 1' ::: 1 2 2>&1`;
  const { stdout } = await box.sh(script);
  const told = (
    item: number,
  ) => [`o${item}`, `e${item}`, `imp pool: job ${item} failed (exit 1): `];
  stdout.trimEnd().split("\n").slice(0, -1).forEach((line, i) => {
    assertStringIncludes(line, [...told(1), ...told(2)][i]);
  });
});

e2e("pool, failures: some are named, all are counted", async (box) => {
  for (const kind of ["", "--workers"]) {
    const { code, stderr } = await box.sh(
      `seq 60 | "$IMP" pool ${kind} -- sh -c 'read -r x || :; exit 1'`,
    );
    const lines = stderr.trimEnd().split("\n");
    assertEquals({ code, lines: lines.length }, { code: 60, lines: 22 });
    assertMatch(lines[19], /^imp pool: (job|record) \d+ .*failed.*exit 1/);
    assertEquals(lines[20], "imp pool: there are more failures, which are only counted");
    assertMatch(lines[21], /^imp pool: 60 (jobs|records): 0 succeeded, 60 failed$/);
  }
});

e2e("pool, failures: stderr that takes nothing does not change the status", async (box) => {
  const { stdout } = await box.sh(`
    "$IMP" pool --shell 'echo "$1"; exit 1' ::: 1 2 2>/dev/full; echo $?
    "$IMP" pool --shell 'echo "$1"; exit 1' ::: 1 2 2>&-; echo $?
    { "$IMP" pool -j1 --shell 'echo "$1" >> out; exit 1' ::: 1 2 2>&1 >&3 | true; echo \${PIPESTATUS[0]}; } 3>&1; wc -l < out`);
  const lines = stdout.trim().split("\n");
  assertEquals([lines[2], lines[5], lines[6], lines[7]], ["2", "2", "2", "2"]);
});

e2e("pool, failures: no line stands behind that of --progress", async (box) => {
  const shell = openShell(box, ["bash", "--norc"]);
  shell.type(`seq 6 | "$IMP" pool -j1 --progress --shell 'sleep 0.15; exit 1'; echo "status $?"`);
  await eventually(() => shell.screen().includes("status 6"), () => shell.screen());
  const named = shell.screen().split("\n").filter((line) => line.includes("imp pool: "));
  assertEquals(named.length, 7);
  // The line was cleared before: what remains of it follows the last clearing.
  for (const line of named) {
    assertMatch(line.replaceAll("\x1b[K", "cleared "), /(^|cleared )imp pool: /);
  }
  shell.type("exit");
  await shell.ended();
});
