import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eOfBinary, isRoot, type RunResult, type Sandbox } from "./harness.ts";

/** Another one than the compiler inside Deno. Not in package.json: packages of imp would be installed together with it. */
const TYPESCRIPT = "npm:typescript@5.9.3";

const WRONG = `import { Pool, Process } from "imp:multiprocessing";
export const square = (x: number): number => x * x;
export async function main(): Promise<void> {
  await new Pool(2).map(square, ["a"]);
  new Process({ target: square, args: ["a"] });
}
`;
/** The lines of WRONG that have a mistake. */
const MISTAKES = ["wrong.ts:4", "wrong.ts:5"];

async function deno(box: Sandbox, ...args: string[]): Promise<RunResult> {
  return await box.run([Deno.execPath(), ...args], { env: { NO_COLOR: "1" } });
}

async function tsc(box: Sandbox): Promise<RunResult> {
  const run = ["run", "--quiet", "-A", "--no-config", "--no-lock"];
  const result = await deno(box, ...run, `${TYPESCRIPT}/tsc`, "-p", box.directory);
  // What the compiler has to say goes to stdout.
  if (result.stderr !== "") box.skip(`${TYPESCRIPT} cannot be fetched: ${result.stderr}`);
  return result;
}

function addChecks(box: Sandbox): void {
  const checks = new URL("../fixtures/types/library.ts", import.meta.url);
  Deno.copyFileSync(checks, box.path("checks.ts"));
}

/** Names of mistakes in what a compiler says: `file:line`. */
function places(text: string): string[] {
  const all = text.matchAll(/(\w+\.ts)[(:](\d+)[,:]\d+/g);
  return [...new Set([...all].map(([, file, line]) => `${file}:${line}`))].sort();
}

e2eOfBinary("run --types: an ambient module that stands alone", async (box) => {
  const { code, stdout, stderr } = await box.imp(["run", "--types"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^\/\/ Types of imp:multiprocessing, as imp \S+ has it\./);
  assertStringIncludes(stdout, 'declare module "imp:multiprocessing" {');
  assertEquals(stdout.match(/^\s*import /gm), null);
  for (const name of ["Port", "Sent", "private readonly", "protected readonly"]) {
    assertEquals(stdout.match(new RegExp(`\\b${name}\\b`)), null, name);
  }
});

e2eOfBinary("run --init: tsc completes and checks; the example runs", async (box) => {
  const first = await box.imp(["run", "--init"]);
  assertEquals([first.code, first.stderr], [0, ""]);
  assertEquals(
    first.stdout,
    "imp.d.ts: created\ntsconfig.json: created\ndeno.json: created\nexample.ts: created\n",
  );
  assertEquals((await box.imp(["run", "example.ts", "3", "4"])).stdout, "[ 9, 16 ]\n");
  // Once for all: what is right has no mistake, and what is wrong has its own.
  addChecks(box);
  Deno.writeTextFileSync(box.path("wrong.ts"), WRONG);
  const bad = await tsc(box);
  assertEquals(places(bad.stdout), MISTAKES);
  assertStringIncludes(bad.stdout, "Type 'string' is not assignable to type 'number'");
});

e2eOfBinary("run --init: deno check does so too, by deno.json alone", async (box) => {
  await box.imp(["run", "--init"]);
  Deno.removeSync(box.path("tsconfig.json"));
  addChecks(box);
  Deno.writeTextFileSync(box.path("wrong.ts"), WRONG);
  const files = ["checks.ts", "example.ts", "wrong.ts"].map((name) => box.path(name));
  const bad = await deno(box, "check", "--quiet", ...files);
  assertEquals(places(bad.stderr), MISTAKES);
});

e2eOfBinary("run --init: the language server of editors lists the members", async (box) => {
  await box.imp(["run", "--init"]);
  const text = 'import { Pool } from "imp:multiprocessing";\nnew Pool().\n';
  const file = box.path("typing.ts");
  Deno.writeTextFileSync(file, text);
  const requests = [
    { command: "open", arguments: { file } },
    { command: "completionInfo", arguments: { file, line: 2, offset: 12 } },
  ].map((request, seq) => JSON.stringify({ seq, type: "request", ...request }));
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--no-config", "--no-lock", `${TYPESCRIPT}/tsserver`],
    cwd: box.directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = server.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${requests.join("\n")}\n`));
  let said = "";
  for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (/"command":"completionInfo".*\n/.test(said)) break;
  }
  // It ends with its input.
  await input.close();
  await server.status;
  if (said === "") box.skip(`${TYPESCRIPT} cannot be fetched`);
  for (const name of ["imapUnordered", "starmapAsync", "applyAsync", "terminate"]) {
    assertStringIncludes(said, `"name":"${name}"`);
  }
});

e2eOfBinary(
  "run --init: again it changes nothing, and old types are brought up to date",
  async (box) => {
    const init = async () => (await box.imp(["run", "--init", "sub"])).stdout;
    assertStringIncludes(await init(), "sub/imp.d.ts: created\n");
    const types = box.path("sub/imp.d.ts");
    const good = Deno.readTextFileSync(types);
    assertEquals(good, (await box.imp(["run", "--types"])).stdout);
    const settings = Deno.statSync(box.path("sub/tsconfig.json")).mtime;
    assertEquals(
      await init(),
      "sub/imp.d.ts: up to date\nsub/tsconfig.json: kept as it is\nsub/deno.json: kept as it is\n",
    );
    assertEquals(Deno.statSync(box.path("sub/tsconfig.json")).mtime, settings);
    // As a write that was cut off leaves it, or an older imp.
    Deno.writeTextFileSync(types, good.slice(0, 200));
    Deno.chmodSync(types, 0o640);
    assertStringIncludes(await init(), "sub/imp.d.ts: brought up to date\n");
    assertEquals(Deno.readTextFileSync(types), good);
    assertEquals(Deno.statSync(types).mode! & 0o777, 0o640);
    assertEquals([...Deno.readDirSync(box.path("sub"))].length, 4);
  },
);

e2eOfBinary("run --init: what is there stays, and it is said what to add", async (box) => {
  const own = {
    "imp.d.ts": "// My own.\n",
    "tsconfig.json": '{ "include": ["src"] } // imp.d.ts"\n',
    "deno.jsonc": '{ "tasks": {} }\n',
  };
  for (const [name, text] of Object.entries(own)) Deno.writeTextFileSync(box.path(name), text);
  const { code, stdout } = await box.imp(["run", "--init"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^imp\.d\.ts: left alone: imp did not write it/m);
  assertMatch(stdout, /^tsconfig\.json: left alone: .*; add "imp\.d\.ts" to "include"/m);
  assertMatch(stdout, /^deno\.jsonc: left alone: .*; add "imports": \{ "imp:multiprocessing"/m);
  for (const [name, text] of Object.entries(own)) {
    assertEquals(Deno.readTextFileSync(box.path(name)), text);
  }
  assertEquals(
    [...Deno.readDirSync(box.directory)].some(({ name }) => name === "deno.json"),
    false,
  );
});

e2eOfBinary("run --init: links and other files are left alone", async (box) => {
  Deno.mkdirSync(box.path("there"));
  Deno.symlinkSync(box.path("victim"), box.path("there/imp.d.ts"));
  Deno.symlinkSync(box.path("victim"), box.path("there/tsconfig.json"));
  await box.run(["mkfifo", box.path("there/deno.json")]);
  const { code, stdout } = await box.imp(["run", "--init", "there"]);
  assertEquals(code, 1);
  assertMatch(stdout, /imp\.d\.ts: left alone: it is a symbolic link/);
  assertMatch(stdout, /tsconfig\.json: left alone: it is a symbolic link/);
  assertMatch(stdout, /deno\.json: left alone: it is not a plain file \(fifo\)/);
  assert(![...Deno.readDirSync(box.directory)].some(({ name }) => name === "victim"));
});

e2eOfBinary("run --init, --types: bad input", async (box) => {
  Deno.writeTextFileSync(box.path("file"), "");
  const cases: [string[], number, RegExp][] = [
    [["--init", "no/such/folder"], 1, /cannot make directory no\/such\/folder: ENOENT/],
    [["--init", "file"], 1, /cannot read file: ENOTDIR/],
    [["--init", "/proc/self"], 1, /cannot create \/proc\/self\/imp\.d\.ts/],
    [["--init", ""], 2, /the name of the folder is empty/],
    [["--init", "a", "b"], 2, /unexpected word 'b'/],
    [["--types", "a"], 2, /unexpected word 'a'/],
    [["--types", "--init"], 2, /cannot be used together/],
    [[], 2, /no program given/],
  ];
  for (const [args, status, says] of cases) {
    const { code, stdout, stderr } = await box.imp(["run", ...args]);
    assertEquals([code, stdout], [status, ""], args.join(" "));
    assertMatch(stderr, says);
  }
  if (isRoot) return;
  Deno.mkdirSync(box.path("closed"), { mode: 0o555 });
  const closed = await box.imp(["run", "--init", "closed"]);
  assertMatch(closed.stderr, /cannot create closed\/imp\.d\.ts: EACCES/);
  assertEquals(closed.code, 1);
});

e2eOfBinary("run --types: a full disk is an error", async (box) => {
  const { code, stderr } = await box.sh('"$IMP" run --types >/dev/full');
  assertEquals(code === 0, false);
  assertMatch(stderr, /ENOSPC/);
});
