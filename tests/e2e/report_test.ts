import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, impBinary, isRoot, NEVER, type Sandbox } from "./harness.ts";

e2e(
  "pool --report: failures with their last lines, the state, nothing beside the page",
  async (box) => {
    const script = box.script("job", "echo out-$1; [ $1 != 2 ] || { echo because >&2; exit 3; }\n");
    const { code, stdout } = await box.imp(
      ["pool", "-k", "--report", box.path("run.html"), script, ":::", "1", "2", "<b>3"],
    );
    assertEquals([code, stdout], [1, "out-1\nout-2\nout-<b>3\n"]);
    const page = read(box);
    assertMatch(page, /<title>3 jobs: .*job/);
    assertMatch(page, /exit 3<.*<pre>because<\/pre>/);
    assertStringIncludes(page, "&lt;b&gt;3");
    assertEquals(page.includes("data-live"), false);
    assertEquals(left(box), []);
  },
);

for (const options of [["--workers"], ["--pipe", "-N1"], ["-u"], ["--json"]]) {
  e2e(`pool --report goes with ${options.join(" ")}`, async (box) => {
    const args = ["pool", ...options, "--report", box.path("run.html"), "cat"];
    const { code } = await box.imp(args, { stdin: "/dev/null\n/dev/null\n" });
    assertEquals(code, 0);
    assertMatch(read(box), /<b>2 of 2<\/b><span>jobs/);
  });
}

e2e(
  "pool --report: a page is there while the pool runs, and after a signal or kill -9",
  async (box) => {
    for (const [signal, state] of [["SIGTERM", "stopped early"], ["SIGKILL", "running"]] as const) {
      const pool = box.start([
        "pool",
        "--report",
        box.path("run.html"),
        "sleep",
        ":::",
        NEVER,
        NEVER,
      ]);
      await eventually(() => box.processes().length > 2, "the pool has begun");
      assertStringIncludes(read(box), "running</span>");
      pool.kill(signal);
      await pool.status;
      assertStringIncludes(read(box), `${state}</span>`);
      assertEquals(left(box), []);
      await Deno.remove(box.path("run.html"));
    }
  },
);

e2e("pool --report: where no page can be written, no job starts", async (box) => {
  for (const path of [box.path("none/run.html"), box.directory]) {
    const args = ["pool", "--report", path, "touch", ":::", box.path("began")];
    const { code, stderr } = await box.imp(args);
    assertEquals(code, 125, stderr);
    assertStringIncludes(stderr, path);
  }
  await Deno.writeTextFile(box.path("log"), JOBLOG);
  for (const more of [[], ["--workers"]]) {
    const rest = [...more, "cat", ":::", "1"];
    await box.imp([
      "pool",
      "--joblog",
      box.path("log"),
      "--report",
      box.path("none/a.html"),
      ...rest,
    ]);
    assertEquals(await Deno.readTextFile(box.path("log")), JOBLOG);
  }
  assertEquals(left(box), []);
  const { code, stderr } = await box.imp(["pool", "--report=", "true", ":::", "1"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--report needs a name");
});

e2e("pool --report: a page that cannot be written at the end costs no job", async (box) => {
  const folder = box.path("pages");
  await Deno.mkdir(folder);
  const { code, stdout, stderr } = await box.imp(
    [
      "pool",
      "--report",
      `${folder}/run.html`,
      "sh",
      "-c",
      `rm -r ${folder}; echo done`,
      ":::",
      "1",
    ],
  );
  assertEquals([code, stdout], [125, "done\n"]);
  assertMatch(stderr, /cannot write .*run.html: ENOENT.*older than the run/);
});

e2e("report: a disk that is full leaves the old page, and nothing beside it", async (box) => {
  if (!isRoot) return box.skip("mounting needs root");
  const script = `
    set -e
    cd ${box.directory}
    mkdir small
    mount -t tmpfs -o size=64k tmpfs small
    echo old > small/run.html
    ${impBinary()} pool --joblog run.log true ::: $(seq 2000)
    set +e
    ${impBinary()} report run.log -o small/run.html
    echo "exit $?"
    cat small/run.html
    ls -A small
  `;
  const result = await box.run(["unshare", "-m", "sh", "-c", script]);
  assertMatch(result.stderr, /cannot write small\/run.html: ENOSPC/);
  assertEquals(result.stdout, "exit 125\nold\nrun.html\n");
}, ["unshare"]);

e2e("report: from stdin, to stdout, with results; what is wrong is said", async (box) => {
  const sh = (script: string) => box.sh(script, { cwd: box.directory });
  await sh(`$IMP pool --joblog log --results out sh -c 'echo it broke >&2; exit $0' ::: 0 7`);
  const { code, stdout } = await sh("$IMP report --results out - < log");
  assertEquals(code, 0);
  assertMatch(stdout, /exit 7<.*<pre>it broke<\/pre>/);
  assertStringIncludes(stdout, "CPU time");
  const wrong: [string, number, RegExp][] = [
    ["report", 2, /no job log given/],
    ["report log other", 2, /one job log at a time/],
    ["report none", 1, /cannot open none: ENOENT/],
    ["report /", 1, /EISDIR/],
    ["report out/1/0/result.json --results none", 1, /cannot open none/],
    ["report /proc/version", 1, /not a job log/],
    ["report log -o none/x.html", 125, /cannot write none\/x.html: ENOENT/],
    ["report log -o /", 125, /cannot open \/: EISDIR/],
    ["report log -o ''", 2, /--output needs a name/],
  ];
  for (const [words, status, says] of wrong) {
    const { code, stdout, stderr } = await sh(`$IMP ${words}`);
    assertEquals([code, stdout], [status, ""], words);
    assertMatch(stderr, says);
  }
});

e2e("report: a log of GNU parallel", async (box) => {
  await box.sh("parallel --joblog log 'exit {}' ::: 0 5", { cwd: box.directory });
  const { stdout } = await box.imp(["report", box.path("log")]);
  assertMatch(stdout, /exit 5<.*exit 5<\/code>/);
}, ["parallel"]);

const JOBLOG = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" +
  "1\t:\t1796078856.032\t     0.005\t0\t2\t0\t0\techo a\n";

function read(box: Sandbox): string {
  return Deno.readTextFileSync(box.path("run.html"));
}

/** Files beside the page that are of its making. */
function left(box: Sandbox): string[] {
  const names = [...Deno.readDirSync(box.directory)].map(({ name }) => name);
  return names.filter((name) => name.startsWith(".run.html."));
}
