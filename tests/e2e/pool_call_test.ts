import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2e, type Sandbox } from "./harness.ts";

const MODULE = `
import { suffix } from "./suffix.ts";
export default (x: string): string => x + suffix;
export const later = async (x: string) => { await new Promise((go) => setTimeout(go, 5)); return { x }; };
export function kinds(x: string): unknown {
  switch (x) {
    case "text": return "a\\nb";
    case "bytes": return new Uint8Array([255, 10]);
    case "nothing": return undefined;
    case "null": return null;
    case "number": return 1.5;
    case "list": return [1, "two", { three: 3 }];
    case "big": return 10n;
    case "cycle": { const a: unknown[] = []; a.push(a); return a; }
    case "function": return () => 1;
    default: return new Map();
  }
}
export function typed(...values: unknown[]): string {
  return values.map((value) => typeof value + ":" + String(value)).join(" ");
}
export function wild(x: string): string {
  if (x === "throw") throw new RangeError("no such thing", { cause: new Error("deeper") });
  if (x === "text") throw "just text";
  if (x === "exit") process.exit(3);
  if (x === "leave") process.exit(0);
  if (x === "kill") process.kill(process.pid, "SIGKILL");
  if (x === "reject") Promise.reject(new Error("nobody waits"));
  if (x === "loop") for (;;);
  return "well " + x;
}
/** Errors that cannot be read as errors usually can. */
export async function odd(x: string) {
  await 0;
  const error = new Error("x");
  if (x === "plain") throw Object.create(null);
  if (x === "circle") error.cause = new Error("y", { cause: error });
  if (x === "stack") Object.defineProperty(error, "stack", { get() { throw 1; } });
  if (x === "text") Object.defineProperty(error, "message", { value: Object.create(null) });
  if (x === "endless") Object.defineProperty(error, "cause", { get: () => new Error("z", { cause: error }) });
  if (x === "proxy") throw new Proxy({}, { getPrototypeOf() { throw 1; }, get() { throw 1; } });
  if (x === "alike") return { toJSON() {} };
  throw error;
}
export async function never() { await new Promise(() => {}); }
export function talk(x: string): string {
  console.log("log " + x);
  console.error("error " + x);
  return x;
}
export const pid = () => process.pid;
export const constant = 3;
`;

function prepare(box: Sandbox): void {
  box.script("m.ts", MODULE);
  box.script("suffix.ts", `export const suffix: string = "!";\n`);
}

function records(
  text: string,
): { outcome: string; stdout: string; error?: string; exit: number }[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

e2e("call: a function of a TypeScript file, with what it imports", async (box) => {
  prepare(box);
  const plain = await box.imp(["pool", "--call", "m.ts", "-k", "-j2"], { stdin: "a\nb c\n\n" });
  assertEquals([plain.code, plain.stdout, plain.stderr], [0, "a!\nb c!\n!\n", ""]);
  const awaited = await box.imp(["pool", "--call", "./m.ts#later", "-k", ":::", "a", "b"]);
  assertEquals([awaited.code, awaited.stdout], [0, '{"x":"a"}\n{"x":"b"}\n']);
  box.script("only.mjs", "export function only(x) { return x.length; }\n");
  const only = await box.imp(["pool", "--call", "only.mjs", "--tag", ":::", "ü"]);
  assertEquals([only.code, only.stdout], [0, "ü\t1\n"]);
});

e2e(
  "call: results are text and bytes as they are, nothing for undefined, else JSON",
  async (box) => {
    prepare(box);
    const kinds = ["text", "nothing", "null", "number", "list", "map"];
    const { code, stdout } = await box.imp(["pool", "-k", "--call", "m.ts#kinds", ":::", ...kinds]);
    assertEquals([code, stdout], [0, 'a\nb\n\nnull\n1.5\n[1,"two",{"three":3}]\n{}\n']);
    const bytes = await box.sh("$IMP pool -0 --call m.ts#kinds ::: bytes | od -An -tx1");
    assertEquals(bytes.stdout.trim(), "ff 0a 00");
    const wrong = await box.imp(
      ["pool", "-k", "--json", "--call", "m.ts#kinds", ":::", "big", "cycle", "function"],
    );
    assertEquals(wrong.code, 3);
    for (const { error } of records(wrong.stdout)) assertStringIncludes(error!, "TypeError");
  },
);

e2e("call: arguments are text, columns, or JSON", async (box) => {
  prepare(box);
  const text = await box.imp(["pool", "-k", "--call", "m.ts#typed"], { stdin: "1\ntrue\n" });
  assertEquals(text.stdout, "string:1\nstring:true\n");
  const columns = await box.imp(["pool", "-k", "--csv", "--call", "m.ts#typed"], {
    stdin: '1,"a,b"\n',
  });
  assertEquals(columns.stdout, "string:1 string:a,b\n");
  const crossed = await box.imp([
    "pool",
    "-k",
    "--call",
    "m.ts#typed",
    ":::",
    "a",
    ":::",
    "b",
    "c",
  ]);
  assertEquals(crossed.stdout, "string:a string:b\nstring:a string:c\n");
  const json = await box.imp(["pool", "-k", "--json-args", "--call", "m.ts#typed"], {
    stdin: '1\n"a"\n[1,2]\nnull\nnot json\n',
  });
  assertEquals([json.code, json.stdout], [1, "number:1\nstring:a\nobject:1,2\nobject:null\n"]);
  assertStringIncludes(json.stderr, 'record 5 ("not json") failed');
  assertStringIncludes(json.stderr, "the item is not JSON");
  const raw = await box.sh("printf 'a\\377\\n' | $IMP pool --call m.ts");
  assertEquals(raw.code, 1);
  assertStringIncludes(raw.stderr, "not UTF-8");
});

e2e("call: what throws, exits, is killed or hangs fails its record only", async (box) => {
  prepare(box);
  const items = ["a", "throw", "text", "exit", "leave", "kill", "reject", "loop", "b"];
  const args = ["pool", "-k", "-j2", "--timeout", "1s", "--joblog", "log", "--call", "m.ts#wild"];
  const { code, stdout, stderr } = await box.imp([...args, ":::", ...items]);
  // A promise that nobody awaits is up to the runtime: it may end the worker with this record, or after it.
  const answers = stdout.trim().split("\n").filter((line) => line !== "well reject");
  assertEquals(answers, ["well a", "well b"]);
  assert(code >= 6 && code <= 8, stderr);
  assertStringIncludes(stderr, "RangeError: no such thing");
  assertStringIncludes(stderr, "m.ts:");
  assertStringIncludes(stderr, "caused by Error: deeper");
  assertStringIncludes(stderr, "thrown: just text");
  assertStringIncludes(stderr, "killed by KILL");
  const rows = Deno.readTextFileSync(box.path("log")).trim().split("\n").slice(1).map((row) =>
    row.split("\t")
  );
  const end = (seq: number) => {
    const row = rows.find((one) => Number(one[0]) === seq)!;
    return `${row[6]} ${row[7]}`;
  };
  assertEquals([1, 2, 3, 4, 5, 6, 8, 9].map(end), [
    "0 0",
    "1 0",
    "1 0",
    "3 0",
    "1 0",
    "0 9",
    "-1 15",
    "0 0",
  ]);
  assertEquals(rows.find(([seq]) => seq === "1")!.at(-1), "imp pool --call 'm.ts#wild' ::: a");
});

e2e("call: whatever is thrown fails its record, and the worker goes on", async (box) => {
  prepare(box);
  const items = ["plain", "circle", "stack", "text", "endless", "proxy", "alike"];
  const run = await box.imp(["pool", "-j1", "--json", "--call", "m.ts#odd", ":::", ...items]);
  assertEquals([run.code, run.stderr], [7, "imp pool: 7 records: 0 succeeded, 7 failed\n"]);
  const told = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(new Set(told.map(({ pid }) => pid)).size, 1);
  const errors = told.map(({ error }) => error.replace(/\n\s+at .*/g, ""));
  assertEquals(errors.slice(0, 4), [
    "thrown: an object that cannot be shown as text",
    "Error: x\ncaused by Error: y",
    "Error: x",
    "Error: an object that cannot be shown as text",
  ]);
  assert(errors[4].split("\n").length < 20, errors[4]);
  assertEquals(errors.slice(5), [
    "thrown: an object that cannot be shown as text",
    "TypeError: an object cannot be printed as a result",
  ]);
});

e2e("call: a module that ends its process, or throws anything, cannot be loaded", async (box) => {
  const table: [source: string, says: string][] = [
    [
      "process.exit(4);",
      "5 workers in a row ended before they had loaded it, the last one: exit 4",
    ],
    [
      "process.exit(0);",
      "5 workers in a row ended before they had loaded it, the last one: exit 0",
    ],
    ["throw Object.create(null);", "Uncaught {}"],
    ["const e = new Error('c'); e.cause = e; throw e;", "Error: c"],
    ["throw new Proxy({}, { get() { throw 1; } });", "an object that cannot be shown as text"],
  ];
  for (const [source, says] of table) {
    Deno.writeTextFileSync(box.path("bad.ts"), `${source}\nexport default (x) => x;\n`);
    const run = await box.imp(["pool", "-j2", "--call", "./bad.ts", ":::", "a", "b"]);
    assertEquals([run.code, run.stdout], [126, ""], run.stderr);
    assertStringIncludes(run.stderr, "cannot load ./bad.ts: ");
    assertStringIncludes(run.stderr, says);
    assert(run.stderr.split("\n").length < 6, run.stderr);
  }
});

e2e("call: what the function prints goes to stderr, and its stdin is empty", async (box) => {
  prepare(box);
  const { code, stdout, stderr } = await box.imp(["pool", "-k", "--call", "m.ts#talk"], {
    stdin: "1\n2\n",
  });
  assertEquals([code, stdout], [0, "1\n2\n"]);
  assertEquals(stderr.trim().split("\n").sort(), ["error 1", "error 2", "log 1", "log 2"]);
  box.script(
    "in.ts",
    "import { readFileSync } from 'node:fs';\nexport const all = () => readFileSync(0) + 'end';\n",
  );
  const input = await box.imp(["pool", "--call", "in.ts", ":::", "x"]);
  assertEquals([input.code, input.stdout], [0, "end\n"]);
});

e2e("call: one message and a fitting exit code when there is no such function", async (box) => {
  prepare(box);
  box.script("throws.ts", "throw new Error('too early');\n");
  box.script("wrong.ts", "export functoin x() {\n");
  const table: [target: string, code: number, message: string][] = [
    ["none.ts", 127, "cannot load none.ts: ENOENT (no such file or directory)"],
    ["m.ts#nix", 2, "functions that it exports: default, kinds, later"],
    ["m.ts#constant", 2, "its value is no function but a number"],
    ["throws.ts", 126, "cannot load throws.ts: Error: too early"],
    ["wrong.ts", 126, "cannot load wrong.ts"],
  ];
  for (const [target, code, message] of table) {
    for (const stdin of ["1\n2\n3\n", ""]) {
      const result = await box.imp(["pool", "-j2", "--call", target], { stdin });
      assertEquals([result.code, result.stdout], [code, ""], `${target}: ${result.stderr}`);
      assertEquals(result.stderr.split(message).length, 2, result.stderr);
    }
  }
  const program = await box.imp(["pool", "--call", "m.ts", "cat"], { stdin: "" });
  assertEquals(program.code, 2);
  assertStringIncludes(program.stderr, "unexpected word 'cat'");
});

e2e("call: workers are warm, and replaced after so many calls", async (box) => {
  prepare(box);
  const items = Array.from({ length: 60 }, (_, i) => String(i));
  const pids = async (...args: string[]) => {
    const { stdout } = await box.imp([
      "pool",
      "-j2",
      "--call",
      "m.ts#pid",
      ...args,
      ":::",
      ...items,
    ]);
    const all = stdout.trim().split("\n");
    assertEquals(all.length, 60);
    return Map.groupBy(all, (pid) => pid);
  };
  assert((await pids()).size <= 2);
  for (const name of ["--max-tasks-per-child", "--max-tasks-per-worker"]) {
    const groups = await pids(name, "10");
    assert([...groups.values()].every((all) => all.length <= 10), JSON.stringify([...groups]));
  }
});

e2e("call: retries, --halt, --json, a promise that never settles", async (box) => {
  prepare(box);
  const retried = await box.imp(
    ["pool", "--json", "--retries", "3", "--call", "m.ts#wild", ":::", "throw"],
  );
  const [record] = records(retried.stdout) as unknown as { attempt: number; worker: number }[];
  assertEquals([retried.code, record.attempt], [1, 3]);
  const halted = await box.imp(
    ["pool", "-j1", "--halt", "now,fail=1", "--call", "m.ts#wild", ":::", "a", "exit", "b"],
  );
  assertEquals(halted.code, 3);
  const hung = await box.imp(
    ["pool", "--json", "--timeout", "300ms", "--call", "m.ts#never", ":::", "x"],
  );
  assertEquals([hung.code, records(hung.stdout)[0].outcome], [1, "timeout"]);
});

e2e("call: the module may import the library, and start processes of its own", async (box) => {
  box.script(
    "library.ts",
    `import { Pool } from "imp:multiprocessing";
     export const square = (n: number) => n * n;
     export async function sum(text: string): Promise<number> {
       await using pool = new Pool(2);
       const squares = await pool.map(square, text.split(",").map(Number));
       return squares.reduce((a, b) => a + b);
     }`,
  );
  const { code, stdout, stderr } = await box.imp(
    ["pool", "-k", "-j2", "--call", "library.ts#sum", ":::", "1,2,3", "4,5"],
  );
  assertEquals([code, stdout, stderr], [0, "14\n41\n", ""]);
});
