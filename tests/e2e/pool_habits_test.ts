// Words of xargs and GNU parallel mean here what they mean there: both are run, and print the same.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, impBinary, type Sandbox } from "./harness.ts";
import { parallelHome } from "./parallel_home.ts";

const PLUS = "[{..}] [{...}] [{/..}] [{/...}] [{+/}] [{+.}] [{+..}] [{+...}]";

/** [what is read, the words]; `parallel` is put before them, and `imp pool`. Words hold nothing that a shell would read. */
const SAME: readonly (readonly [input: string, words: string])[] = [
  ["1\n2\n3\n", "-k -P 2 echo"],
  ["1\n2\n3\n", "-k --max-procs 2 --will-cite echo"],
  ["1\n2\n", "-r -x --lb -j1 echo"],
  ["1\n\n  \n2\n", "-k -r echo x"],
  ["1\n\n2\n", "-k --no-run-if-empty echo x"],
  ["", "-r echo x"],
  ["1\n2\n3\n", "-i --keeporder echo a{}b"],
  ["a\nb\n", "-k --xapply echo ::: 1 2 ::: 3 4"],
  ["a\nb\n", "-k --dryrun echo"],
  ["1\n2\n3\n4\n5\n", "-k -N 2 echo"],
  ["1\n2\n3\n4\n", "-k --max-replace-args 2 echo {2} {1}"],
  ["1\n2\n3\n", "-k -N0 echo x{}y"],
  ["1\n2\n", "-k -n0 echo x"],
  ["a\nb\n", "-k echo {#}"],
  ["a\n", "echo x{%}"],
  ["a\nb\n", "-k --plus echo {##}"],
  ["a\nb\nc\n", "-k -j1 -X echo {#}"],
  ["1\n2\n3\n4\n5\n", "-k -L 2 echo x{}"],
  ["1 \n2\n3\n", "-k -L 1 echo x{}y"],
  ["1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "-k -j1 -m -s 20 echo"],
  ["1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "-k -j1 -X --max-chars 30 echo a{}b c{}"],
  ["1\n2\n3\n4\n5\n6\n7\n", "-k -j2 -m echo x{}y"],
  ["1\n2\n3\n4\n5\n6\n7\n", "-k -j2 --xargs echo x{}y"],
  ["a,b\r\n1,2\r\n", "-k --colsep , --header : echo {b}{a}."],
  ["1\nEND\n2\n", "-k -E END echo"],
  ["1\nENDE\n2\nEND\n", "-k --eof END echo"],
  ["1\n2\n", "--halt-on-error 1 -j1 false"],
  ["1\n2\n3\n", "--halt-on-error now,fail=1 -j1 false"],
  ["n v\n1 2\n3 4\n", "-k --colsep ' ' --header : echo {v} {n} {1}"],
  ["n\tv\n1\t2\n", "-k --header : echo {n} {v}"],
  ["n\nx/1.c\n2\n", "-k --header : echo {n.} {n/} {n//} {n/.} {m}"],
  ["", "-k --header : echo {a} {b} {1} ::: a 1 2 ::: b 3 4"],
  ["long name\n1\n", "-k --header : echo '{long name}'"],
  ["n\n", "-k --header : echo {n}"],
  ["", `-k --plus echo ${PLUS} ::: a/b.c.d.e q a.b/c x.y.z/d.e .h a/ /r.s.t.u`],
  ["", "-k echo {..} {##} ::: a.b.c"],
  ["", "-k --plus echo {1..} {2+.} ::: a.b.c ::: x.y"],
  ["1\n2\n3\n", "-k --plus echo {#} of {##} {}"],
  ["1\n2\n3\n", "-k --tagstring 'x{}-{#}-{/.}' echo"],
  ["1 2\n3 4\n", "-k --colsep ' ' --tagstring {2} echo {1}"],
  ["1\n2\n3\n", "-k --tagstring 't {}' -N2 echo"],
  ["1\n", "--wd / pwd; : "],
  ["1\n2\n3\n4\n5\n6\n7\n8\n9\n", "--shuf echo | sort"],
  ["h\n1\n2\n3\n", "-k --pipe --header : -N2 cat"],
  ["h\ni\n1\n2\n3\n", "-k --pipe --header 2 -N2 cat"],
  ["#a\n#b\n1\n2\n3\n", "-k --pipe --header '(#.*\\n)*' -N2 cat"],
  ["h\n", "--pipe --header : cat"],
  ["a\nb\n", "-k --pipe --recend '' --block 3 wc -c"],
  ["a\nb\n", "-k --pipe --recstart '' -N1 wc -c"],
  ["a1\nb\na2\nc\nd\n", "-k --pipe --regexp --recstart 'a[0-9]' -N1 tail -n 1"],
  ["x;y,z;", "-k --pipe --regexp --recend '[;,]' -N1 wc -c"],
  ["a1;a2;b;a3;", "-k --pipe --regexp --recend '[;,]' --recstart 'a\\d' -N1 wc -c"],
  ["a\n\nb\nc\n\n\nd\n", "-k --pipe --regexp --recend '\\n\\n+' -N1 wc -l"],
  ["1\n2\n3\n4\n5\n", "-k --pipepart -a input --block 3 wc -c"],
  ["1\n2\n3\n4\n5\n", "-k --pipe-part --block 4 wc -c :::: input"],
  ["h\n1\n2\n3\n4\n", "-k --pipepart -a input --header : --block 3 wc -c"],
  [">a\nb\n>c\n>d\ne\n", "-k --pipepart -a input --recstart '>' --block 1 wc -c"],
  ["a;b;c;", "-k --pipepart -a input --recend ';' --block 1 wc -c"],
  ["", "--pipepart -a input wc -c"],
];

for (const [input, words] of SAME) {
  e2e(`imp pool does as GNU parallel: ${words}`, async (box) => {
    const peer = await run(box, `parallel ${words}`, input);
    assertEquals(await run(box, `imp pool -q ${words}`, input), peer);
  }, ["parallel"]);
}

const LIKE_XARGS: readonly (readonly [input: string, words: string])[] = [
  ["1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "-s 20 echo"],
  ["1\n\n2\n3\n", "-L 2 echo"],
  ["1\n2\n3\n", "-n 2 echo"],
  ["1\n2\nEND\n3\n", "-E END -n 1 echo"],
];

for (const [input, words] of LIKE_XARGS) {
  e2e(`imp pool -m -j1 does as xargs: ${words}`, async (box) => {
    const most = /-[nL] /.test(words) ? "" : "-m ";
    const peer = await run(box, `xargs ${words}`, input);
    assertEquals(await run(box, `imp pool -k -j1 ${most}${words}`, input), peer);
  }, ["xargs"]);
}

e2e(
  "imp pool -t tells each command before it runs, on stderr, as a shell would read it",
  async (box) => {
    const { stdout, stderr } = await box.imp(["pool", "-t", "-j1", "echo", ":::", "a b", "it's"]);
    assertEquals(stdout, "a b\nit's\n");
    assertEquals(stderr, "echo 'a b'\necho 'it'\\''s'\n");
  },
);

e2e("imp pool tells each job its number and its slot, and no other pool's", async (box) => {
  const script = 'echo "$PARALLEL_SEQ $PARALLEL_JOBSLOT"';
  const numbers = Array.from({ length: 12 }, (_, i) => `${i}`);
  const words = ["pool", "-k", "-j1", "--shell", script, ":::", ...numbers];
  const env = { PARALLEL_SEQ: "77", PARALLEL_JOBSLOT: "78" };
  const expected = numbers.map((_, i) => `${i + 1} 1\n`).join("");
  assertEquals((await box.imp(words, { env })).stdout, expected);
  const sealed = ["pool", "--no-children", ...words.slice(1)];
  assertEquals((await box.imp(sealed, { env })).stdout, expected);
  const worker = ["pool", "--workers", "-j1", "sh", "-c", WORKER, ":::", "x"];
  assertEquals((await box.imp(worker, { env })).stdout, "unset 1\n");
});
const WORKER = 'read -r line; echo "${PARALLEL_SEQ-unset} $PARALLEL_JOBSLOT"; read -r line';

e2e("imp pool -s: a job whose command is longer fails, and the others run", async (box) => {
  const words = ["pool", "-k", "-s", "8", "echo", ":::", "1", "long one", "2"];
  const { stdout, stderr, code } = await box.imp(words);
  assertEquals([stdout, code], ["1\n2\n", 1]);
  assertMatch(
    stderr,
    /job 2 failed \(not started\): .*E2BIG \(.* longer than -s allows, 8 bytes\)/,
  );
});

async function run(box: Sandbox, line: string, input: string): Promise<string> {
  const bin = box.path("bin");
  await Deno.mkdir(bin, { recursive: true });
  await Deno.symlink(impBinary(), `${bin}/imp`).catch(() => {});
  const home = line.startsWith("parallel") ? await parallelHome(box) : "";
  await Deno.writeTextFile(box.path("input"), input);
  const env = { PARALLEL_HOME: home, PATH: `${bin}:${Deno.env.get("PATH")}`, LC_ALL: "C" };
  const { stdout, code } = await box.sh(`${line} < ${box.path("input")}`, { env });
  return `${stdout}exit ${code}\n`;
}

e2e("imp pool --shuf: every item once, in another order now and then", async (box) => {
  const items = Array.from({ length: 40 }, (_, i) => `${i}`);
  const { stdout } = await box.imp(["pool", "-k", "--shuf", "echo", ":::", ...items]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.toSorted((a, b) => Number(a) - Number(b)), items);
  assert(lines.join() !== items.join());
});

e2e(
  "imp pool --wd: jobs and workers run there, files are found where imp was called",
  async (box) => {
    const cwd = box.path("here");
    await Deno.mkdir(`${cwd}/there`, { recursive: true });
    await Deno.writeTextFile(`${cwd}/items`, "1\n");
    await Deno.writeTextFile(`${cwd}/there/prog`, "#!/bin/sh\npwd; cat\n", { mode: 0o755 });
    const words = ["--wd", "there", "-a", "items", "--joblog", "log", "--results", "out"];
    const jobs = await box.imp(["pool", ...words, "--resume", "./prog"], { cwd });
    assertEquals([jobs.stdout, jobs.code], [`${cwd}/there\n`, 0], jobs.stderr);
    assertEquals(await Deno.readTextFile(`${cwd}/out/1/1/stdout`), `${cwd}/there\n`);
    assertEquals((await Deno.readTextFile(`${cwd}/log`)).split("\n").length, 3);
    const again = await box.imp(["pool", ...words, "--resume", "./prog"], { cwd });
    assertEquals([again.stdout, again.code], ["", 0]);
    const worker = await box.imp([
      "pool",
      "--workers",
      "--wd",
      "there",
      "-a",
      "items",
      "sh",
      "-c",
      WHERE,
    ], {
      cwd,
    });
    assertEquals(worker.stdout, `${cwd}/there\n`, worker.stderr);
    const missing = await box.imp(["pool", "--wd", "no", "true", ":::", "1"], { cwd });
    assertEquals([missing.code, missing.stdout], [125, ""]);
    assertMatch(missing.stderr, /cannot change to directory .*no: ENOENT/);
  },
);
const WHERE = "read -r line; pwd; read -r line";

e2e("imp pool --header: names are columns also for the job log, which goes on", async (box) => {
  const cwd = box.path("h");
  await Deno.mkdir(cwd);
  await Deno.writeTextFile(`${cwd}/t.csv`, 'name,"the age"\nAnn,3\n"Doe, Bob",4\n');
  const words = [
    "pool",
    "-k",
    "--csv",
    "--header",
    ":",
    "-a",
    "t.csv",
    "--joblog",
    "log",
    "--resume",
  ];
  const line = [...words, "echo", "{name}: {the age} {none}"];
  assertEquals((await box.imp(line, { cwd })).stdout, "Ann: 3 {none}\nDoe, Bob: 4 {none}\n");
  assertEquals((await box.imp(line, { cwd })).stdout, "");
  const half = ["pool", "--header", ":", "--halt", "soon,done=50%", "-j1", "echo", "{n}"];
  const { stdout } = await box.imp([...half, ":::", "n", "1", "2", "3", "4"], { cwd });
  assertEquals(stdout, "1\n2\n");
  const wrong = await box.imp(["pool", "--header", "x", "echo"], { cwd });
  assertEquals(wrong.code, 2);
  const total = await box.imp(["pool", "--plus", "-X", "echo", "{##}", ":::", "1"], { cwd });
  assertEquals(total.code, 2);
  assertMatch(total.stderr, /the number of jobs is not known/);
});
