import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eOfBinary, eventually } from "./harness.ts";

e2e("pool: one job for each line, the item appended", async (box) => {
  const { code, stdout, stderr } = await box.imp(["pool", "-k", "--", "echo", "got"], {
    stdin: "a\nb c\n'd\"\n",
  });
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "got a\ngot b c\ngot 'd\"\n",
    stderr: "",
  });
});

e2e("pool: empty input runs nothing", async (box) => {
  assertEquals((await box.imp(["pool", "--", "echo"], { stdin: "" })).code, 0);
});

e2e("pool: the number of failed jobs is the exit status, 101 above 100", async (box) => {
  const script = 'seq $0 | "$IMP" pool -j4 -- false';
  for (const [jobs, status] of [["3", 3], ["100", 100], ["120", 101]] as const) {
    const { code } = await box.run(["bash", "-c", script, jobs]);
    assertEquals(code, status);
  }
});

e2e("pool: any bytes but NUL pass through argv and output unchanged", async (box) => {
  const { code, stderr } = await box.sh(
    `for i in $(seq 1 255); do printf "\\\\$(printf %o $i)x\\0"; done > items
     "$IMP" pool -0 -k -- printf '%s\\0' < items > back && cmp items back`,
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
});

e2e("pool: sources are crossed or linked, placeholders filled in", async (box) => {
  const crossed = await box.imp([
    "pool",
    "-k",
    "--",
    "echo",
    "{2}-{1}",
    ":::",
    "a",
    "b",
    ":::",
    "1",
    "2",
  ]);
  assertEquals(crossed.stdout, "1-a\n2-a\n1-b\n2-b\n");
  const linked = await box.imp([
    "pool",
    "-k",
    "--",
    "echo",
    "{1}{2}",
    ":::",
    "a",
    "b",
    ":::+",
    "1",
    "2",
  ]);
  assertEquals(linked.stdout, "a1\nb2\n");
  const paths = await box.imp([
    "pool",
    "--",
    "echo",
    "{.}",
    "{/}",
    "{//}",
    "{/.}",
    "{#}",
    ":::",
    "d/e.tar.gz",
  ]);
  assertEquals(paths.stdout, "d/e.tar e.tar.gz d e.tar 1\n");
});

e2e("pool --shell: an item is an argument, never a part of the script", async (box) => {
  const { stdout } = await box.imp([
    "pool",
    "--shell",
    'printf "%s\\n" "$1"',
    ":::",
    "$(touch owned)",
    "`touch owned`",
  ]);
  assertStringIncludes(stdout, "$(touch owned)\n");
  const refused = await box.imp(["pool", "--shell", "echo {}", ":::", "a"]);
  assertEquals(refused.code, 2);
  assertMatch(refused.stderr, /would make the item a part of the script/);
  assertEquals([...Deno.readDirSync(box.directory)].map(({ name }) => name), []);
});

e2e("pool: a missing program is reported once", async (box) => {
  const { code, stderr } = await box.imp(["pool", "--", "no-such-program", ":::", "a", "b", "c"]);
  assertEquals(code, 127);
  assertEquals(stderr.match(/no-such-program/g)?.length, 1);
});

e2e("pool: an argument list that is too long fails its own job only", async (box) => {
  const { code, stdout, stderr } = await box.imp([
    "pool",
    "-k",
    "--",
    "sh",
    "-c",
    'echo "${#1}"',
    "sh",
  ], {
    stdin: `${"x".repeat(200_000)}\nshort\n`,
  });
  assertEquals({ code, stdout }, { code: 1, stdout: "5\n" });
  assertMatch(stderr, /job 1 failed .*E2BIG.* one argument has at most 131071 bytes/);
});

e2e("pool -n, -X and --stdin", async (box) => {
  const packed = await box.imp(["pool", "-k", "-n", "2", "--", "echo", ":::", "1", "2", "3"]);
  assertEquals(packed.stdout, "1 2\n3\n");
  const all = await box.imp(["pool", "-j1", "-X", "--", "echo", "<{}>", ":::", "1", "2"]);
  assertEquals(all.stdout, "<1> <2>\n");
  const spread = await box.sh('seq 1000 | "$IMP" pool -k -j2 -X echo');
  assertEquals(spread.stdout.split("\n").map((line) => line.split(" ").length), [500, 500, 1]);
  const fed = await box.imp([
    "pool",
    "-k",
    "--stdin",
    "--",
    "tr",
    "a-z",
    "A-Z",
    ":::",
    "abc",
    "def",
  ]);
  assertEquals(fed.stdout, "ABC\nDEF\n");
});

e2e("pool: endless input starts at once and is read no further than needed", async (box) => {
  const { code, stdout } = await box.sh(
    `yes | "$IMP" pool -j2 --halt soon,success=20 -- echo ran | wc -l`,
  );
  assertEquals(code, 0);
  assert(Number(stdout) >= 20 && Number(stdout) <= 22, stdout);
  // The input goes on only when the first result is there.
  const first = await box.sh(
    `(echo one; until [ -s out ]; do sleep 0.02; done) | "$IMP" pool -- echo > out; cat out`,
  );
  assertEquals(first.stdout, "one\n");
});

e2e("pool --dry-run prints what a shell reads back as the same words", async (box) => {
  const items = ["a b", "it's", "$(id)", "new\nline", ""];
  const { stdout } = await box.imp(["pool", "--dry-run", "--", "printf", "[%s]", ":::", ...items]);
  const back = await box.run(["sh", "-c", stdout]);
  assertEquals(back.stdout, items.map((item) => `[${item}]`).join(""));
});

e2e("pool: -j follows SIGUSR1 and SIGUSR2", async (box) => {
  const { stdout } = await box.sh(`
    seq 3 | "$IMP" pool -j1 -u --shell 'touch on.$1; while [ ! -e stop ]; do sleep 0.02; done' & pid=$!
    until [ -e on.1 ]; do sleep 0.02; done; kill -USR1 $pid
    until [ -e on.2 ]; do sleep 0.02; done; echo two; touch stop; wait $pid; echo $?`);
  assertEquals(stdout, "two\n0\n");
});

e2e("pool: gzips a tree, every file once and whole", async (box) => {
  const { code, stdout } = await box.sh(`
    mkdir -p tree/"a b" tree/c; for i in $(seq 60); do seq $((i * 50)) > "tree/a b/$i.txt"; cp "tree/a b/$i.txt" tree/c/; done
    (cd tree && find . -type f -exec sha256sum {} + | sort) > before
    find tree -type f -print0 | "$IMP" pool -0 -j4 -- gzip -1 || exit 1
    find tree -type f -name '*.gz' | wc -l
    find tree -type f -print0 | "$IMP" pool -0 -j4 -- gunzip || exit 1
    (cd tree && find . -type f -print0 | "$IMP" pool -0 -j4 -- sha256sum | sort) | cmp - before`);
  assertEquals({ code, stdout }, { code: 0, stdout: "120\n" });
});

e2e("pool: fetches from a server, eight at once, results in order", async (box) => {
  let open = 0;
  let most = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      most = Math.max(most, ++open);
      await eventually(() => most > 1, "two at once");
      open--;
      return new Response(`body of ${new URL(request.url).pathname}\n`);
    },
  );
  const urls = Array.from({ length: 40 }, (_, i) => `http://127.0.0.1:${server.addr.port}/${i}`);
  const { code, stdout } = await box.imp(["pool", "-j8", "-k", "--", "curl", "-sS"], {
    stdin: urls.join("\n"),
  });
  await server.shutdown();
  assertEquals(code, 0);
  assertEquals(stdout, urls.map((_, i) => `body of /${i}\n`).join(""));
  assert(most <= 8 && most > 1, String(most));
});

e2eOfBinary("pool: wrong usage is 2, a file that cannot be read 125", async (box) => {
  for (const args of [["-j", "x"], ["--halt", "now"], ["--sem", "a/b"], ["--resume"]]) {
    assertEquals((await box.imp(["pool", ...args, "--", "true"])).code, 2, args.join(" "));
  }
  assertEquals((await box.imp(["pool"])).code, 2);
  const { code, stderr } = await box.imp(["pool", "-a", "missing", "--", "echo"]);
  assertEquals(code, 125);
  assertMatch(stderr, /cannot open missing: ENOENT/);
});

e2e("pool: jobs get default dispositions, and keep what imp's caller ignores", async (box) => {
  const plain = await box.imp(["pool", "--", "grep", "SigIgn", ":::", "/proc/self/status"]);
  assertEquals(plain.stdout, "SigIgn:\t0000000000000000\n");
  const { stdout } = await box.sh(
    `trap "" HUP; "$IMP" pool -- grep SigIgn ::: /proc/self/status`,
  );
  assertEquals(stdout, "SigIgn:\t0000000000000001\n");
});

e2e(
  "pool: however many descriptors its caller has open, no output mixes with its own",
  async (box) => {
    for (let open = 0; open <= 16; open++) {
      const given = Array.from({ length: open }, (_, i) => `${3 + i}</dev/null`).join(" ");
      const { stdout, stderr } = await box.sh(`"$IMP" pool -j2 -k -- echo ::: 1 2 3 4 ${given}`);
      assertEquals([stdout, stderr], ["1\n2\n3\n4\n", ""], `${open} descriptors`);
    }
  },
);
