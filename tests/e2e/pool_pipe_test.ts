import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2e } from "./harness.ts";

e2e("pipe: blocks of whole lines, every one once, in order with -k", async (box) => {
  const { stdout } = await box.sh(
    "seq 300000 > all; $IMP pool --pipe --block 64K -k -j3 cat < all | cmp - all && echo same; " +
      "$IMP pool --pipe --block 64K wc -l < all | awk '{ s += $1; n++ } END { print s, n }'; " +
      "$IMP pool --pipe --block 64K -a all -k tail -c 1 | tr -d '\\n' | wc -c",
  );
  const [same, counted, cut] = stdout.trim().split("\n");
  assertEquals(same, "same");
  const [lines, blocks] = counted.split(" ").map(Number);
  assertEquals(lines, 300_000);
  assert(blocks >= 31 && blocks <= 33, counted);
  assertEquals(cut, "0");
});

e2e("pipe: gzip in parallel gives back what went in", async (box) => {
  const { code } = await box.sh(
    "seq 200000 > all; $IMP pool --pipe --block 200K -k gzip -1 < all | gzip -d | cmp - all",
  );
  assertEquals(code, 0);
});

e2e("pipe: records by number, by what begins them, by another end", async (box) => {
  const by = async (input: string, ...args: string[]) => {
    const { stdout } = await box.imp(
      ["pool", "--pipe", "-k", ...args, "--shell", "cat; echo ---"],
      {
        stdin: input,
      },
    );
    return stdout.split("---\n").slice(0, -1);
  };
  assertEquals(await by("1\n2\n3\n4\n5", "-N2"), ["1\n2\n", "3\n4\n", "5"]);
  assertEquals(await by(">a\nAC\n>b\nGT\nGT\n", "-N1", "--recstart", ">"), [
    ">a\nAC\n",
    ">b\nGT\nGT\n",
  ]);
  assertEquals(await by("a;b;c", "-N1", "--recend", ";"), ["a;", "b;", "c"]);
  assertEquals(await by("a\n\nb\nc\n\nd\n", "-N1", "--recend", "\\n\\n"), [
    "a\n\n",
    "b\nc\n\n",
    "d\n",
  ]);
  assertEquals(await by("a\0b\0", "-0", "-N1"), ["a\0", "b\0"]);
});

e2e("pipe: job log, retries, results, tag and --json as for every job", async (box) => {
  const script =
    'read -r first; cat > /dev/null; [ "$first" != 3 ] || [ -e seen ] || { : > seen; exit 7; }; echo "$first"';
  const args = ["pool", "--pipe", "-N2", "-k", "--shell", script];
  const again = await box.imp(
    [...args.slice(0, -2), "--retries", "2", "--tag", ...args.slice(-2)],
    {
      stdin: "1\n2\n3\n4\n5\n",
    },
  );
  // The second attempt reads the same block from its beginning.
  assertEquals([again.code, again.stdout], [0, "1\t1\n2\t3\n3\t5\n"]);
  Deno.removeSync(box.path("seen"));
  const logged = [...args.slice(0, -2), "--joblog", "log", "--resume-failed", ...args.slice(-2)];
  const first = await box.imp(logged, { stdin: "1\n2\n3\n4\n5\n" });
  assertEquals([first.code, first.stdout], [1, "1\n5\n"]);
  const rest = await box.imp(logged, { stdin: "1\n2\n3\n4\n5\n6\n" });
  // Blocks are known by what they hold: the third is another one now.
  assertEquals([rest.code, rest.stdout], [0, "3\n5\n"]);
  const rows = Deno.readTextFileSync(box.path("log")).trim().split("\n");
  assertStringIncludes(rows[1], " # 4 bytes ");
  const json = await box.imp(["pool", "--pipe", "-N1", "--json", "--results", "out", "wc", "-c"], {
    stdin: "ab\n",
  });
  const record = JSON.parse(json.stdout);
  assertEquals([record.seq, record.item, record.stdout.trim()], [1, [], "3"]);
  assertEquals(Deno.readTextFileSync(box.path("out/1/stdout")).trim(), "3");
});

e2e("pipe: endless input in bounded memory, and a job that does not read all", async (box) => {
  const endless = await box.sh(
    "yes | $IMP pool --pipe --block 1M -j2 --halt soon,success=20 wc -c | sort -u; " +
      "seq 100000 | $IMP pool --pipe --block 100K -k head -n1 | head -n 2; " +
      `{ yes | head -c 300M; } | $IMP pool --pipe --block 1M -j2 wc -c > sums & pid=$!; most=0; ` +
      `while now=$(awk '/VmRSS|RssShmem/ { s += $2 } END { print s + 0 }' /proc/$pid/status 2>/dev/null); [ "\${now:-0}" -gt 0 ]; do ` +
      `[ "$now" -le "$most" ] || most=$now; sleep 0.05; done; wait $pid; awk '{ s += $1 } END { print s }' sums; echo $((most / 1024))`,
  );
  const [block, one, two, sum, megabytes] = endless.stdout.trim().split("\n");
  assertEquals([block, one, sum], ["1048576", "1", String(300 << 20)]);
  assert(Number(two) > 1);
  assert(Number(megabytes) < 120, `${megabytes} MB`);
});

e2e("pipe: wrong use is reported", async (box) => {
  const table: [args: string[], message: string][] = [
    [["--pipe"], "no program given"],
    [["--pipe", "cat", ":::", "a"], "--pipe splits standard input"],
    [["--pipe", "cat", "{}"], "{} cannot be used with it"],
    [["--pipe", "-n2", "cat"], "--pipe and --max-args cannot be used together"],
    [["--pipe", "--block", "0", "cat"], "not between 1 and 1G"],
    [["--pipe", "--block", "1M", "-N2", "cat"], "give one of them"],
    [["--pipe", "-N0", "cat"], "not a number of records"],
    [["--pipe", "--recend", "x", "-0", "cat"], "give one of them"],
    [["--block", "1M", "cat"], "--block needs --pipe"],
    [["-N2", "-n2", "echo"], "give one of them"],
  ];
  for (const [args, message] of table) {
    const wrong = await box.imp(["pool", ...args]);
    assertEquals(wrong.code, 2, wrong.stderr);
    assertStringIncludes(wrong.stderr, message);
  }
});
