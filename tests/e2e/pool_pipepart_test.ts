// imp pool --pipepart: parts of a file, which the kernel moves to the jobs.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, type Sandbox } from "./harness.ts";

/** Lines of different length, some 20 MB. */
function lines(box: Sandbox): string {
  const path = box.path("lines");
  const text = Array.from({ length: 200_000 }, (_, i) => `${i} ${"x".repeat(i % 190)}\n`).join("");
  Deno.writeTextFileSync(path, text);
  return path;
}

e2e("--pipepart: every byte once and in order, in little memory, to several jobs", async (box) => {
  lines(box);
  const { code, stdout, stderr } = await box.sh(
    `"$IMP" pool -j3 -k --pipepart -a lines --block 1M cat >all && cmp all lines && echo same
     "$IMP" pool -j3 --pipepart -a lines --block 1M --header : --joblog log \\
       sh -c 'head -n 1 | grep -qx "0 " && tail -n 1 >/dev/null'
     echo $?; wc -l <log`,
  );
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^same\n0\n\d+\n$/);
  assert(Number(stdout.split("\n")[2]) > 10);
});

e2e("--pipepart: jobs that read a part of theirs, nothing, or twice", async (box) => {
  lines(box);
  const some = await box.sh(
    `"$IMP" pool -j2 -k --pipepart -a lines --block 4M --shell 'head -c 4 | wc -c'`,
  );
  assertEquals([some.code, new Set(some.stdout.trim().split("\n").map((n) => n.trim()))], [
    0,
    new Set(["4"]),
  ]);
  assertEquals((await box.sh(`"$IMP" pool --pipepart -a lines --block 1M true`)).code, 0);
  const again = await box.sh(
    `"$IMP" pool -q -j1 -k --retries 2 --pipepart -a lines --block 6M \\
       --shell 'if mkdir "tried.$PARALLEL_SEQ" 2>/dev/null; then head -c 9 >/dev/null; exit 1; fi; cat' | cmp - lines`,
  );
  assertEquals([again.code, again.stdout, again.stderr], [0, "", ""]);
  const left = await box.sh(
    `"$IMP" pool -j2 --pipepart -a lines --block 8M --shell 'sleep 1000 <&0 & :' ; echo $?`,
  );
  assertEquals(left.stdout, "0\n");
  await box.endAll();
});

e2e("--pipepart: a job log is resumed by place, and a file that has changed anew", async (box) => {
  lines(box);
  const run = (more = "") =>
    box.sh(`"$IMP" pool -q -j1 -k --pipepart -a lines --block 6M --joblog log ${more} \\
      --shell 'test -e go || test "$PARALLEL_SEQ" != 2 && echo "$PARALLEL_SEQ"'`);
  assertEquals((await run()).stdout, "1\n3\n4\n");
  Deno.writeTextFileSync(box.path("go"), "");
  assertEquals((await run("--resume-failed")).stdout, "2\n");
  await Deno.writeTextFile(box.path("lines"), "more\n", { append: true });
  assertEquals((await run("--resume-failed")).stdout, "1\n2\n3\n4\n");
});

e2e("--pipepart: what cannot be split, and a file that becomes shorter", async (box) => {
  lines(box);
  await box.sh("mkfifo fifo");
  for (
    const [words, code, why] of [
      ["-a fifo cat", 1, "it is not a file that can be read at any place (fifo)"],
      ["-a none cat", 1, "ENOENT"],
      ["cat", 2, "--pipepart needs the file that is split: -a FILE"],
      ["-a lines -N2 cat", 2, "--pipepart does not count records"],
      ["-a lines --pipe cat", 2, "leave out --pipe"],
      ["-a lines -a lines cat", 2, "--pipepart splits one file"],
      ["cat ::: a", 2, "leave out :::"],
      ["-a lines --regexp cat", 2, "--regexp needs --recend or --recstart"],
      ["-a lines --regexp --recend '(' cat", 2, "not a regular expression"],
      ["-a lines --header '(' cat", 2, "not a regular expression"],
    ] as const
  ) {
    const said = await box.sh(`"$IMP" pool --pipepart ${words}`);
    assertEquals([words, said.code > 0, said.stdout], [words, true, ""]);
    if (code === 2) assertEquals([words, said.code], [words, 2]);
    assertStringIncludes(said.stderr, why);
  }
  // A waiting job has read nothing beyond what a full pipe holds.
  const cut = box.start([
    ...["pool", "-j1", "--pipepart", "-a", box.path("lines"), "--block", "1G"],
    ...["--shell", "head -c 1 >begun; until [ -e go ]; do sleep 0.01; done; cat >/dev/null"],
  ], { stderr: "piped" });
  await eventually(() => {
    try {
      return Deno.statSync(box.path("begun")).size === 1;
    } catch {
      return false;
    }
  }, "it has begun");
  Deno.truncateSync(box.path("lines"), 8 << 20);
  Deno.writeTextFileSync(box.path("go"), "");
  const { code, stderr } = await cut.output();
  assert(code !== 0);
  assertStringIncludes(new TextDecoder().decode(stderr), "it has become shorter than");
  await box.endAll();
});
