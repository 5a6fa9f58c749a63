import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, e2eAsRoot, SOON_MS } from "./harness.ts";

e2e("pool --retries, --retry-on and --timeout", async (box) => {
  const tries = 'echo x >> tries; exit "$0"';
  const retried = await box.imp([
    "pool",
    "--retries",
    "3",
    "--retry-delay",
    "10ms",
    "--",
    "sh",
    "-c",
    tries,
    ":::",
    "75",
  ]);
  assertEquals(retried.code, 1);
  assertEquals(Deno.readTextFileSync(box.path("tries")), "x\nx\nx\n");
  const other = await box.imp([
    "pool",
    "--retries",
    "3",
    "--retry-on",
    "75",
    "--",
    "sh",
    "-c",
    tries,
    ":::",
    "1",
  ]);
  assertEquals(other.code, 1);
  assertEquals(Deno.readTextFileSync(box.path("tries")), "x\nx\nx\nx\n");
  const begin = performance.now();
  const slow = await box.imp([
    "pool",
    "--timeout",
    "200ms",
    "--",
    "sh",
    "-c",
    "sleep 900 & sleep 900; true",
    ":::",
    "a",
  ]);
  assertEquals(slow.code, 1);
  assert(performance.now() - begin < SOON_MS);
});

e2e("pool --halt: GNU parallel's forms", async (box) => {
  const now = await box.imp([
    "pool",
    "-j2",
    "--halt",
    "now,fail=1",
    "--",
    "sh",
    "-c",
    'sleep "$0"; exit 7',
    ":::",
    "0",
    "60",
  ]);
  assertEquals(now.code, 7);
  const soon = await box.imp([
    "pool",
    "-j1",
    "--halt",
    "soon,fail=2",
    "--",
    "sh",
    "-c",
    "echo; exit 1",
    ":::",
    "1",
    "2",
    "3",
    "4",
  ]);
  assertEquals({ code: soon.code, jobs: soon.stdout.length }, { code: 2, jobs: 2 });
  const success = await box.imp([
    "pool",
    "-j2",
    "--halt",
    "now,success=1",
    "--",
    "sleep",
    ":::",
    "0",
    "60",
  ]);
  assertEquals(success.code, 0);
});

e2e("pool --joblog and --resume go by the item, not by its number", async (box) => {
  const run = (items: string[], ...more: string[]) =>
    box.imp([
      "pool",
      "-j1",
      "--joblog",
      "log",
      ...more,
      "--",
      "sh",
      "-c",
      'echo "$0"; test "$0" != bad',
      ":::",
      ...items,
    ]);
  assertEquals((await run(["a", "bad", "c"])).code, 1);
  assertEquals((await run(["new", "a", "bad", "c"], "--resume")).stdout, "new\n");
  assertEquals((await run(["new", "a", "bad", "c"], "--resume-failed")).stdout, "bad\n");
  const rows = Deno.readTextFileSync(box.path("log")).trimEnd().split("\n").map((row) =>
    row.split("\t")
  );
  assertEquals(rows[0], [
    "Seq",
    "Host",
    "Starttime",
    "JobRuntime",
    "Send",
    "Receive",
    "Exitval",
    "Signal",
    "Command",
  ]);
  assertEquals(rows.slice(1).map((row) => row[6]), ["0", "1", "0", "0", "1"]);
});

e2e("pool --json and --results tell what the kernel said", async (box) => {
  const { code, stdout } = await box.imp([
    "pool",
    "-k",
    "--json",
    "--results",
    "out",
    "--results-by=number",
    "--",
    "sh",
    "-c",
    'echo "out $0"; echo err >&2; test "$0" = ok || kill -9 $$',
    ":::",
    "ok",
    "killed",
  ]);
  assertEquals(code, 1);
  const [ok, killed] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals([ok.seq, ok.item, ok.exit, ok.signal, ok.stdout, ok.stderr], [
    1,
    ["ok"],
    0,
    null,
    "out ok\n",
    "err\n",
  ]);
  assertEquals([killed.outcome, killed.exit, killed.signal], ["signal", null, "KILL"]);
  assertEquals(Deno.readTextFileSync(box.path("out/1/stdout")), "out ok\n");
  assertEquals(JSON.parse(Deno.readTextFileSync(box.path("out/2/result.json"))).signal, "KILL");
});

e2e("pool --sem: so many at once across invocations, also after kill -9", async (box) => {
  const env = { IMP_HOME: box.path("home") };
  const job = "echo + >> log; sleep 0.1; echo - >> log";
  const { code, stdout } = await box.sh(
    `for i in 1 2 3 4 5 6; do "$IMP" pool --sem s -j2 -- sh -c '${job}' & done; wait; echo in | "$IMP" pool --sem s -- sh -c 'cat; exit 7'; echo $?`,
    { env },
  );
  assertEquals({ code, stdout }, { code: 0, stdout: "in\n7\n" });
  let running = 0;
  let most = 0;
  for (const mark of Deno.readTextFileSync(box.path("log")).trim().split("\n")) {
    running += mark === "+" ? 1 : -1;
    most = Math.max(most, running);
  }
  assertEquals(most, 2);
  const killed = await box.sh(
    `"$IMP" pool --sem s -- sh -c 'touch up; sleep 60' & pid=$!; until [ -e up ]; do sleep 0.02; done; kill -9 $pid; "$IMP" pool --sem s -- echo free`,
    { env },
  );
  assertEquals(killed.stdout, "free\n");
});

e2e(
  "pool --joblog: a file that is not a job log stays as it is, and so does a log when the rest is wrong",
  async (box) => {
    Deno.writeTextFileSync(box.path("hosts"), "127.0.0.1 localhost\n");
    for (const more of ["", "--resume", "--resume --dry-run"]) {
      const { code, stdout, stderr } = await box.sh(
        `"$IMP" pool --joblog hosts ${more} echo ::: a`,
      );
      assertEquals({ code, stdout }, { code: 125, stdout: "" });
      assertMatch(stderr, /cannot use hosts: it exists but is not a job log\n {2}name another/);
    }
    assertEquals(Deno.readTextFileSync(box.path("hosts")), "127.0.0.1 localhost\n");
    await box.sh(`"$IMP" pool --joblog log echo ::: a`);
    const log = Deno.readTextFileSync(box.path("log"));
    const wrong = ["-n x echo", "-a missing echo", "missing-program", "--results hosts echo"];
    for (const rest of wrong) await box.sh(`"$IMP" pool --joblog log ${rest}`);
    assertEquals(Deno.readTextFileSync(box.path("log")), log);
  },
);

e2e("pool --dry-run changes nothing, and knows what is done", async (box) => {
  await box.sh(`"$IMP" pool --joblog log echo ::: a`);
  const log = Deno.readTextFileSync(box.path("log"));
  const { stdout } = await box.sh(`
    "$IMP" pool -k --dry-run --joblog log --resume --results out echo ::: a b
    "$IMP" pool -k --dry-run --joblog log echo ::: a; "$IMP" pool --dry-run --joblog new --resume echo ::: c
    yes | "$IMP" pool --dry-run echo | head -n 1; echo "\${PIPESTATUS[1]}"; ls`);
  assertEquals(stdout, "echo b\necho a\necho c\necho y\n141\nlog\n");
  assertEquals(Deno.readTextFileSync(box.path("log")), log);
});

e2e("pool: what --results or --jobs-file cannot be is said before anything runs", async (box) => {
  Deno.writeTextFileSync(box.path("file"), `root:x\n${"y".repeat(5000)}\n`);
  const tries: [string, number, RegExp][] = [
    ["--results file", 125, /cannot write to directory file: ENOTDIR/],
    ["--jobs-file file", 2, /^imp pool: file: 'root:x' is not a number of jobs\n/],
    ["--results ''", 2, /--results needs a name, and it is empty/],
    ["--joblog ''", 2, /--joblog needs a name, and it is empty/],
    ["-a ''", 2, /--arg-file needs a name, and it is empty/],
    ["--ahead 3", 2, /--ahead needs --workers or --call/],
    ["--max-tasks-per-child 3", 2, /--max-tasks-per-child needs --workers or --call/],
    ["--json-args", 2, /--json-args needs --call/],
    ["--retry-on ''", 2, /--retry-on needs --retries N/],
  ];
  for (const [options, status, message] of tries) {
    const { code, stdout, stderr } = await box.sh(`"$IMP" pool ${options} echo ::: a`);
    assertEquals({ options, code, stdout }, { options, code: status, stdout: "" });
    assertMatch(stderr, message);
  }
});

e2e(
  "pool --results: with --resume and another input no result takes the place of another job's",
  async (box) => {
    const run = (items: string) =>
      box.sh(
        `"$IMP" pool -k -j1 --joblog log --resume-failed --results out --results-by number --shell 'echo "$1"; [ "$1" != bad ] || [ -e good ]' ::: ${items}`,
      );
    await run("a bad");
    await box.sh("touch good");
    assertEquals((await run("new a bad")).stdout, "new\nbad\n");
    const { stdout } = await box.sh(
      "cd out; for f in */result.json; do echo $f $(cat ${f%/*}/stdout); done; ls -A 1",
    );
    // The second job failed before, and is the third now.
    assertEquals(
      stdout,
      [
        "1.2/result.json new",
        "1/result.json a",
        "2/result.json bad",
        "3/result.json bad",
        "result.json",
        "stderr",
        "stdout",
        "",
      ].join("\n"),
    );
  },
);

e2eAsRoot(
  "pool --results: what another user has prepared in DIR is not written over",
  async (box) => {
    Deno.writeTextFileSync(box.path("roots"), "of root\n");
    Deno.mkdirSync(box.path("roots.d"));
    Deno.mkdirSync(box.path("out/1"), { recursive: true });
    for (const name of ["stdout", ".result.json"]) {
      Deno.symlinkSync(box.path("roots"), box.path(`out/1/${name}`));
    }
    Deno.linkSync(box.path("roots"), box.path("out/1/stderr"));
    Deno.symlinkSync(box.path("roots.d"), box.path("out/2"));
    await box.run(["chown", "-hR", "65534", box.path("out")]);
    const first = await box.imp([
      "pool",
      "--results",
      "out",
      "--results-by",
      "number",
      "echo",
      ":::",
      "a",
    ]);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(Deno.readTextFileSync(box.path("out/1/stdout")), "a\n");
    assertEquals(JSON.parse(Deno.readTextFileSync(box.path("out/1/result.json"))).exit, 0);
    const second = await box.imp([
      "pool",
      "--results",
      "out",
      "--results-by=number",
      "echo",
      ":::",
      "a",
      "b",
    ]);
    assertEquals(second.code, 125);
    assertMatch(second.stderr, /write to directory out\/2: (ENOTDIR|ELOOP)/);
    assertEquals(Deno.readTextFileSync(box.path("roots")), "of root\n");
    assertEquals([...Deno.readDirSync(box.path("roots.d"))], []);
  },
);

e2e("pool --results: in folders by argument, as in GNU parallel", async (box) => {
  const commands = [
    `--results RES echo {1} {2} ::: 'a b' c/d 'x\\y' ::: 1 2`,
    `--header : --results RES echo {y} {x} ::: y 1 2 ::: x a`,
    `--colsep , --results RES echo {2} ::: a,b c,d`,
    `-N2 --results RES echo ::: a b c`,
    `-X -j1 --results RES echo ::: a b c`,
  ];
  for (const [i, command] of commands.entries()) {
    for (const [name, program] of [["theirs", "parallel --will-cite"], ["ours", '"$IMP" pool']]) {
      const line = command.replace("RES", `${name}${i}`);
      await box.sh(`${program} ${line} >/dev/null 2>&1 </dev/null`, {
        env: { HOME: box.directory },
      });
    }
    const list = (name: string) =>
      box.sh(
        `cd ${name}${i} && find . -type f ! -name result.json | sort | while IFS= read -r f; do printf '%s: ' "$f"; head -n 1 "$f"; echo; done`,
      );
    const theirs = (await list("theirs")).stdout.replaceAll(/\/seq: *(\d+)\n/g, "/seq: $1\n");
    // Of several items GNU parallel leaves empty folders' files between them.
    const wanted = theirs.split("\n").filter((line) => line !== "");
    const ours = (await list("ours")).stdout.split("\n").filter((line) => line !== "");
    assertEquals({ command, ours }, { command, ours: wanted });
  }
}, ["parallel"]);

e2e("pool --results: no argument leads out of DIR, or takes another one's place", async (box) => {
  const long = "z".repeat(300);
  const items = [".", "..", "", "../../x", "/etc", "a\nb", "stdout", "a", "a", long, `${long}y`];
  const args = items.map((item) => `'${item}'`).join(" ");
  const { code, stdout } = await box.sh(`"$IMP" pool --results out true ::: ${args}; ls`);
  assertEquals([code, stdout], [0, "out\n"]);
  const names = [...Deno.readDirSync(box.path("out/1"))].map(({ name }) => name);
  assertEquals(names.length, items.length);
  for (
    const name of ["\\.", "\\..", "\\0", "..\\_..\\_x", "\\_etc", "a\\nb", "stdout", "a", "a\\2"]
  ) {
    assert(names.includes(name), name);
  }
  for (const name of names) {
    const { seq, item } = JSON.parse(Deno.readTextFileSync(box.path(`out/1/${name}/result.json`)));
    assertEquals([item, `${seq}`], [
      [items[seq - 1]],
      Deno.readTextFileSync(box.path(`out/1/${name}/seq`)),
    ]);
  }
  // Another run overwrites them; a resumed run keeps those of other jobs.
  await box.sh(`"$IMP" pool --results out --joblog log echo ::: a`);
  assertEquals(Deno.readTextFileSync(box.path("out/1/a/stdout")), "a\n");
  await box.sh(`"$IMP" pool --results out --joblog log --resume echo new ::: b a`);
  assertEquals(Deno.readTextFileSync(box.path("out/1/a/stdout")), "a\n");
  assertEquals(Deno.readTextFileSync(box.path("out/1/a\\3/stdout")), "new a\n");
  const many = await box.sh(
    `yes c | head -n 20 | "$IMP" pool --results many true; cd many/1; for f in c*/seq; do cat "$f"; echo; done | sort -n | uniq | wc -l`,
  );
  assertEquals(many.stdout, "20\n");
});

e2e("pool --results: what another user has put on the way is not followed", async (box) => {
  Deno.mkdirSync(box.path("elsewhere"));
  Deno.mkdirSync(box.path("out"));
  Deno.symlinkSync(box.path("elsewhere"), box.path("out/1"));
  const { code, stderr } = await box.sh(`"$IMP" pool --results out echo ::: a`);
  assertEquals(code, 125);
  assertMatch(stderr, /write to directory out\/1: (ENOTDIR|ELOOP)/);
  assertEquals([...Deno.readDirSync(box.path("elsewhere"))], []);
});

e2e("pool --files: names of files in place of output", async (box) => {
  const { code, stdout, stderr } = await box.sh(
    `mkdir t; "$IMP" pool -q -k --files --tmpdir t --tag sh -c 'echo "out $0"; echo "err $0" >&2; [ $0 != b ]' ::: a b
     echo $?; TMPDIR=$PWD/t "$IMP" pool --files echo ::: c; "$IMP" pool --files --results r echo ::: d`,
  );
  const [a, b, status, c, d] = stdout.trim().split("\n");
  const name = "t/imp-[0-9a-f]{8}-[0-9a-f]{4}[.]out";
  assertMatch(a, RegExp(`^a\t${name}$`));
  assertMatch(b, RegExp(`^b\t${name}$`));
  assertMatch(c, RegExp(`^${box.directory}/${name}$`));
  assertEquals([code, status, d, stderr], [0, "1", "r/1/d/stdout", "a\terr a\nb\terr b\n"]);
  const text = (path: string) => Deno.readTextFileSync(box.path(path));
  assertEquals([text(a.slice(2)), text(b.slice(2)), text(d)], ["out a\n", "out b\n", "d\n"]);
  assertEquals(Deno.statSync(box.path(a.slice(2))).mode! & 0o777, 0o600);
  assertEquals([...Deno.readDirSync(box.path("t"))].length, 3);
});

e2e("pool: what --results and --files cannot be", async (box) => {
  const tries: [string, RegExp][] = [
    ["--results x.csv", /it is a directory, and '.csv' has no meaning/],
    ["--results x/{1}", /it is a directory, and '\{1\}' has no meaning/],
    ["--results-by number", /--results-by needs --results DIR/],
    ["--results x --results-by seq", /arguments/],
    ["--files -u", /cannot be used together/],
    ["--files --lb", /cannot be used together/],
    ["--files --json", /cannot be used together/],
    ["--tmpdir ''", /--tmpdir needs a name/],
  ];
  for (const [options, message] of tries) {
    const { code, stdout, stderr } = await box.sh(`"$IMP" pool ${options} echo ::: a`);
    assertEquals({ options, code, stdout }, { options, code: 2, stdout: "" });
    assertMatch(stderr, message);
  }
  const none = await box.sh(`"$IMP" pool --files --tmpdir none echo ::: a; ls`);
  assertEquals(none.stdout, "");
  assertMatch(none.stderr, /cannot write to directory none: ENOENT/);
});
