// Workers on hosts: what they answer, what becomes of records, and that nothing of them is left.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, endIfThere, eventually, exists, NEVER, type Sandbox, wordsOf } from "./harness.ts";
import { pool, WEB1, withHosts } from "./over_hosts.ts";
import { standInHosts } from "./stand_in_hosts.ts";

const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
const sh = (script: string) => ["sh", "-c", script];
const READ = "while read x; do";
const isWorker = (pid: number) => wordsOf(pid)[0] === "imp" && wordsOf(pid).includes("--stdio");
const isTransport = (pid: number) => wordsOf(pid)[1]?.endsWith("stand-in-ssh") ?? false;
const nothingLeft = (box: Sandbox) =>
  eventually(() => box.processes().length === 0, "something is left");

e2e("workers on hosts: answers in order, who gave them, and their rows", async (box) => {
  const { imp, ssh, list } = standInHosts(box);
  const words = sh(`echo up >&2; ${READ} echo "$x {host} {%} $PARALLEL_JOBSLOT $A"; done`);
  const run = await imp(
    [
      ...["pool", "--workers", "-k", "-S", `${list(2, 1)},1/:`, "--joblog", "log", "--env", "A"],
      ...["--wd", "work/here", "--", ...words],
    ],
    { stdin: numbers(3000), env: { A: "yes" } },
  );
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stderr, /^(?:up\n){1,3}$/);
  const answers = lines(run.stdout).map((line) => line.split(" "));
  assertEquals(answers.map(([item]) => item), lines(numbers(3000)));
  const slots = new Map(answers.map(([, host, slot]) => [slot, host]));
  for (const [, host, slot, own, variable] of answers) {
    assertEquals([slots.get(slot), own, variable], [host, slot, "yes"]);
  }
  assert(exists(box.path("work/here")));
  const rows = lines(Deno.readTextFileSync(box.path("log"))).slice(1).map((row) => row.split("\t"));
  assertEquals(rows.length, 3000);
  for (const [seq, host, , , sent, received, exit] of rows) {
    const [item, at] = answers[Number(seq) - 1];
    assertEquals([host, sent, exit], [at === ":" ? ":" : `${ssh} ${at}`, `${item.length}`, "0"]);
    assert(Number(received) > item.length);
  }
  const json = await imp([
    ...["pool", "--workers", "--json", "-S", list(1, 1), "--", "cat", ":::", "a"],
  ]);
  const { host, worker, stdout, pid } = JSON.parse(json.stdout);
  assertEquals([host, worker, stdout, pid > 1], [`${ssh} host1`, 1, "a", true]);
});

e2e("workers on hosts: large records and answers, and any text", async (box) => {
  const { imp, list } = standInHosts(box);
  const big = "x".repeat(3 << 20);
  const records = ["", "a\nö\r", big, "\n", ...Array.from({ length: 5 }, (_, i) => `${i}${big}`)];
  const stdin = records.map((one) => `${one}\0`).join("");
  const run = await imp(["pool", "--workers", "-0", "-k", "-S", list(2, 2), "--", "cat"], {
    stdin,
  });
  assertEquals([run.code, run.stderr], [0, ""]);
  assert(run.stdout === stdin);
  const most = "x".repeat(8 << 20);
  const refused = await imp(["pool", "--workers", "-k", "-S", list(1, 1), "--", "cat"], {
    stdin: `${most}x\n${most}\n`,
  });
  assertEquals(refused.code, 1);
  assert(refused.stdout === `${most}\n`, `${refused.stdout.length}`);
  assertMatch(refused.stderr, /record 1 \(.*has 8388609 bytes, and for a host .* 8 MiB at most/);
});

e2e(
  "workers on hosts: what fails on one is tried on another, and what never reads is reported",
  async (box) => {
    const { imp, list } = standInHosts(box);
    const script = `${READ} case $x-$PARALLEL_SSHHOST in a-host1) exit 3;; b-*) exit 4;; ` +
      `c-host1) sleep ${NEVER};; d-*) exit 0;; esac; echo $x $PARALLEL_SSHHOST; done`;
    const run = await imp([
      ...["pool", "--workers", "-k", "-S", list(2, 1), "--retries", "2", "--timeout", "400ms"],
      ...["--", ...sh(script), ":::", "a", "b", "c", "d", "e"],
    ]);
    assertEquals(run.code, 2);
    assertMatch(run.stdout, /^a host2\nc host2\ne host\d\n$/);
    assertMatch(run.stderr, /record 2 \("b"\) failed: \S+ host\d: worker \d \(pid \d+\): exit 4\n/);
    assertMatch(run.stderr, /record 4 \("d"\) failed: .*: ended without answering it\n/);
    await nothingLeft(box);
    const missing = sh(`test $PARALLEL_SSHHOST = host2 || exit 1; ${READ} echo $x; done`);
    const other = await imp(["pool", "--workers", "-k", "-S", list(2, 1), "--", ...missing], {
      stdin: numbers(20),
    });
    assertEquals([other.code, other.stdout], [0, numbers(20)]);
    const bad = await imp([
      ...["pool", "--workers", "-S", list(1, 1), "--", ...sh(`${READ} echo $x; done; exit 3`)],
      ...[":::", "a"],
    ]);
    assertEquals([bad.code, bad.stdout], [1, "a\n"]);
    const nobody = await imp(["pool", "--workers", "-S", list(1, 1), "--", "nonesuch", ":::", "a"]);
    assertEquals([nobody.code, nobody.stdout], [125, ""]);
    assertMatch(nobody.stderr, /cannot use \S+ host1: cannot find nonesuch: ENOENT/);
    const twice = await imp([
      ...["pool", "--workers", "-S", list(1, 1), "--", ...sh(`${READ} echo $x; echo $x; done`)],
    ], { stdin: numbers(9) });
    assertEquals(twice.code, 125);
    assertStringIncludes(twice.stderr, "has written more than one line for a record");
  },
);

e2e("workers on hosts: idle ones that --halt now ends are no trouble", async (box) => {
  const { imp, list } = standInHosts(box);
  const script = `${READ} [ $x = a ] || sleep ${NEVER}; echo $x; done`;
  Deno.writeTextFileSync(
    box.path("m.ts"),
    'export default (s: string) => s === "a" ? s : new Promise(() => {});',
  );
  for (const what of [["--workers", "--", ...sh(script)], ["--call", box.path("m.ts")]]) {
    const halt = ["pool", "-S", list(1, 2), "--halt", "now,success=1"];
    const run = await imp([...halt, ...what, ":::", "b", "a"]);
    assertEquals([run.code, run.stdout], [0, "a\n"], run.stderr);
  }
});

e2e("functions on hosts: a module and what it imports, which no host has", async (box) => {
  const { imp, list } = standInHosts(box);
  const write = (name: string, text: string) => Deno.writeTextFileSync(box.path(name), text);
  Deno.mkdirSync(box.path("lib"));
  write("lib/fail.ts", "export const fail = (s: string): never => { throw new Error(s); };\n");
  write(
    "module.ts",
    `import { fail } from "./lib/fail.ts";
     export const half = (a: number) => a / 2;
     export default async (s: string, t = "") => {
       if (s === "die") process.exit(7);
       if (s === "bad") fail("it is " + s);
       await 0;
       console.log("said");
       return { s, t, at: process.env.PARALLEL_SSHHOST };
     };`,
  );
  const call = ["pool", "--call", box.path("module.ts")];
  const run = await imp([...call, "-k", "-S", list(2, 1), ":::", "a", "bad", "die", "b", ":::+"]
    .concat(["1", "2", "3", "4"]));
  assertEquals(run.code, 2);
  assertMatch(
    run.stdout,
    /^\{"s":"a","t":"1","at":"host\d"\}\n\{"s":"b","t":"4","at":"host\d"\}\n$/,
  );
  assertMatch(run.stderr, /record 2 .*: \S+ host\d: worker \d \(pid \d+\): Error: it is bad\n/);
  assertMatch(run.stderr, /at fail \(.*lib\/fail\.ts:1:/);
  assertMatch(run.stderr, /record 3 .*: exit 7\n/);
  assertMatch(run.stderr, /^said$/m);
  const json = ["--json-args", "--call", `${box.path("module.ts")}#half`];
  const half = await imp(["pool", ...json, "-S", `${list(1, 1)},1/:`, "-k", ":::", "5", "x"]);
  assertEquals([half.code, half.stdout], [1, "2.5\n"]);
  const refused: [string, string, number, RegExp][] = [
    ["gone.ts", 'import "./nowhere.ts";', 126, /cannot bundle \S*gone\.ts: .*could not resolve/],
    ["fast.ts", 'import "./fast.node";', 126, /cannot bundle .*: it imports fast\.node, machine/],
    ["none.ts", "export const a = 1;", 125, /cannot use \S+ host1: cannot call \S*none\.ts: /],
    ["bad.ts", 'throw Error("x");', 125, /load \S*bad\.ts: Error: x \(at \S*bad\.ts:1:\d+\)\n/],
    ["exit.ts", "process.exit(4);", 125, /load \S*exit\.ts: 5 workers in a row ended before they/],
  ];
  write("fast.node", "x");
  for (const [name, source, code, says] of refused) {
    write(name, source);
    const none = await imp(["pool", "--call", box.path(name), "-S", list(1, 1), ":::", "a"]);
    assertEquals([none.code, none.stdout], [code, ""], none.stderr);
    assertMatch(none.stderr, says);
    assert(!/lost/.test(none.stderr), none.stderr);
  }
  write("later.ts", "export default async (s: string) => (await import(`./${s}.ts`)).half;");
  const later = ["pool", "--call", box.path("later.ts"), "-S", list(1, 1), ":::", "module"];
  const { stderr } = await imp(later);
  assertMatch(stderr, /Cannot find module '\.\/module\.ts' imported from \S*\/later\.ts\n/);
  await nothingLeft(box);
});

for (const [what, isOne] of [["the worker", isWorker], ["ssh", isTransport]] as const) {
  e2e(
    `workers on hosts: kill -9 of ${what} loses what was begun, once, and nothing else`,
    async (box) => {
      const { env, list } = standInHosts(box);
      const script = `${READ} echo $x >>begun.$PARALLEL_SSHHOST; ` +
        `test $x = 1 && { setsid sleep ${NEVER} & sleep ${NEVER}; }; echo $x; done`;
      const child = box.start(
        [
          ...["pool", "--workers", "-k", "-S", list(1, 1), "--joblog", "log", "--", ...sh(script)],
          ...[":::", "1", "2", "3"],
        ],
        { env, stdout: "piped", stderr: "piped" },
      );
      await eventually(() => exists(box.path("begun.host1")), "not up");
      endIfThere(box.processes().find(isOne)!);
      const { code, stdout, stderr } = await child.output();
      assertEquals([code, new TextDecoder().decode(stdout)], [1, "2\n3\n"]);
      const said = new TextDecoder().decode(stderr);
      assertMatch(said, /lost \S+ host1, with 1 record: /);
      assertMatch(said, /record 1 \("1"\) failed: \S+ host1: lost with its host\n/);
      const rows = lines(Deno.readTextFileSync(box.path("log"))).slice(1);
      assertEquals(rows.map((row) => row.split("\t")[6]).sort(), ["-2", "0", "0"]);
      await nothingLeft(box);
    },
  );
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  e2e(`workers on hosts: ${signal} of the client leaves nothing`, async (box) => {
    const { env, list } = standInHosts(box);
    const script = `trap "" TERM; ${READ} setsid sleep ${NEVER} & sleep ${NEVER}; done`;
    const words = ["pool", "--workers", "-S", list(2, 1), "--term-seq", "TERM,100ms,KILL"];
    const child = box.start([...words, "--", ...sh(script), ":::", "a", "b"], { env });
    const sleeping = () => box.processes().filter((pid) => wordsOf(pid)[0] === "sleep").length;
    await eventually(() => sleeping() === 4, "not up");
    child.kill(signal);
    assertEquals((await child.status).signal, signal);
    if (signal === "SIGINT") assertEquals(box.processes(), []);
    await nothingLeft(box);
  });
}

withHosts(
  "workers over ssh: answers, and kill -9 of ssh between them",
  [WEB1],
  async (box, hosts) => {
    const run = await pool(box, hosts, ["-S", "2/web1", "--workers", "-k", "--", "cat"], {
      stdin: numbers(5000),
    });
    assertEquals([run.code, run.stdout, run.stderr], [0, numbers(5000), ""]);
    const script = `${READ} mkdir one 2>/dev/null && sleep ${NEVER}; echo $x; done`;
    const words = ["pool", "--ssh", hosts.ssh, "-S", "1/web1", "--workers", "--on-lost", "retry"];
    const child = box.start([...words, "--", ...sh(script), ":::", "a", "b"], { stdout: "piped" });
    const sleeping = () => hosts.remote().some((pid) => wordsOf(pid)[0] === "sleep");
    await eventually(sleeping, "not up");
    endIfThere(box.processes().find((pid) => wordsOf(pid)[0] === "ssh")!);
    await eventually(() => !sleeping(), "its program is left");
    const { code, stdout } = await child.output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "a\nb\n"]);
  },
);
