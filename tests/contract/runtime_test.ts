import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { RLIMIT_NOFILE } from "../../src/libc/abi.ts";
import { type NativeSignature, runtime } from "../../src/runtime/mod.ts";
import { getLimit } from "../../src/libc/users/limits.ts";
import { cString, textAt } from "../../src/libc/calling/memory.ts";
import { readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import { assert, assertEquals, assertRejects, assertThrows, test } from "./harness.ts";
import { eventually, perform, playRole, roleCommand, text, told } from "./support.ts";

const ODD_WORDS = ["plain", "two words", "", "-x", "--", "--help", "größe", "a\nb", "'\"$`\\"];

await playRole({
  arguments: () => runtime.args(),
  environment: () => ({
    odd: runtime.env("ODD"),
    empty: runtime.env("EMPTY"),
    missing: runtime.env("NOT_THERE") ?? null,
    whole: runtime.environment(),
  }),
  name: () => runtime.invokedAs(),
  exit: () => runtime.exit(42),
  again: async () => {
    const { stdout } = await runtime.command([...runtime.selfCommand(), "from", "itself"], {
      env: { ...runtime.environment(), IMP_CONTRACT_ROLE: "arguments" },
    });
    return JSON.parse(text(stdout));
  },
  "open files": () => ({ ...getLimit(RLIMIT_NOFILE), raises: runtime.raisesOpenFiles }),
});

/** Functions of the C library with other types than those of imp's own table. */
const SIGNATURES = {
  abs: fn(["i32"], "i32"),
  labs: fn(["i64"], "i64"),
  htonl: fn(["u32"], "u32"),
  htons: fn(["i16"], "i16"),
  strlen: fn(["pointer"], "size"),
  strnlen: fn(["pointer", "size"], "size"),
  memset: fn(["pointer", "i32", "size"], "pointer"),
  strerror: fn(["i32"], "pointer"),
  getauxval: fn(["u64"], "u64"),
  getpid: fn([], "i32"),
  free: fn(["pointer"], "void"),
  write: fn(["i32", "pointer", "size"], "ssize"),
} satisfies Record<string, NativeSignature>;

function fn(
  parameters: NativeSignature["parameters"],
  result: NativeSignature["result"],
): NativeSignature {
  return { parameters, result };
}

const c = runtime.bind("libc.so.6", SIGNATURES) as Record<
  keyof typeof SIGNATURES,
  (...args: number[]) => number
>;

/** Makes garbage for the collector, and has it collected where the runtime lets us. */
function press(): void {
  let garbage: unknown[] = [];
  for (let i = 0; i < 20; i++) garbage = [garbage, new Uint8Array(10_000), `${i}`.repeat(1000)];
  const { Bun } = globalThis as { Bun?: { gc(now: boolean): void } };
  Bun?.gc(true);
}

test("arguments come as they were given", async () => {
  assertEquals(told(await perform(import.meta, "arguments", ...ODD_WORDS)), ODD_WORDS);
  assertEquals(told(await perform(import.meta, "arguments")), []);
});

test("from source imp is called imp, whatever the runtime's file is called", async () => {
  assertEquals(told(await perform(import.meta, "name")), "imp");
});

test("the environment is what was given, and nothing else", async () => {
  const { argv, env } = roleCommand(import.meta, "environment");
  const given = { ...env, ODD: "a=b\nc ", EMPTY: "" };
  const seen = told(await runtime.command(argv, { env: given })) as Record<string, unknown>;
  assertEquals(seen, { odd: "a=b\nc ", empty: "", missing: null, whole: given });
});

test("imp can start itself again", async () => {
  assertEquals(told(await perform(import.meta, "again")), ["from", "itself"]);
});

test("exit ends the process at once with the status", async () => {
  assertEquals((await perform(import.meta, "exit")).code, 42);
});

test("whether the runtime raises the limit of open files is told truly", async () => {
  const { argv, env } = roleCommand(import.meta, "open files");
  const limited = ["sh", "-c", 'ulimit -S -n 200 && exec "$0" "$@"', ...argv];
  const seen = told(await runtime.command(limited, { env })) as Record<string, unknown>;
  assertEquals(seen.raises, runtime.raisesOpenFiles);
  assertEquals(seen.soft, runtime.raisesOpenFiles ? seen.hard : 200);
});

test("the runtime and the machine are named", () => {
  assertEquals(runtime.name, "Bun" in globalThis ? "bun" : "deno");
  assert(["x64", "arm64"].includes(runtime.arch));
});

test("bound functions: every type goes in and comes out whole", () => {
  assertEquals([c.abs(-7), c.abs(-2_147_483_647)], [7, 2_147_483_647]);
  assertEquals(c.labs(-Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  assertEquals([c.htonl(1), c.htonl(255)], [0x0100_0000, 0xff00_0000]);
  assertEquals(c.htons(0x0102), 0x0201);
  assertEquals(c.write(-1, 0, 0), -1);
  assertEquals(c.getpid(), Number(readTextOrNothing("/proc/self/stat")!.split(" ")[0]));
  const AT_SYSINFO_EHDR = 33;
  const vdso = /^([0-9a-f]+)-[0-9a-f]+ .*\[vdso\]$/m.exec(readTextOrNothing("/proc/self/maps")!);
  assertEquals(c.getauxval(AT_SYSINFO_EHDR), parseInt(vdso![1], 16));
  // NULL goes in as 0, and void brings nothing that could be mistaken for a result.
  assert(!c.free(0));
});

test("bound functions: a missing one, and a missing library, are errors", () => {
  const wrong = { no_such_function: fn([], "i32") };
  assertThrows(() => runtime.bind("libc.so.6", { ...SIGNATURES, ...wrong }));
  assertThrows(() => runtime.bind("libc.so.4711", SIGNATURES));
});

test("memory stays where it is: a million calls, with much allocation and collection between", () => {
  const SIZE = 64, CALLS = 1_000_000, PRESSURE_EVERY = 50_000;
  const { buffer, address } = runtime.allocate(SIZE);
  const bytes = new Uint8Array(buffer).fill(1);
  let wrong = 0;
  for (let call = 0; call < CALLS; call++) {
    const at = call % SIZE;
    bytes[at] = 0;
    if (c.strlen(address) !== at) wrong++;
    bytes[at] = 1;
    if (call % PRESSURE_EVERY === 0) press();
  }
  assertEquals(wrong, 0);
});

test("memory is shared both ways, and one piece does not touch another", () => {
  const pieces = Array.from({ length: 200 }, (_, i) => runtime.allocate(i + 1));
  pieces.forEach(({ address }, i) => c.memset(address, i, i + 1));
  press();
  pieces.forEach(({ buffer }, i) => {
    assertEquals(buffer.byteLength, i + 1);
    assert(new Uint8Array(buffer).every((byte) => byte === i), `piece ${i}`);
  });
});

test("memory that C gave is copied", () => {
  const address = c.strerror(2);
  const length = c.strnlen(address, 1000);
  const copy = runtime.copyFrom(address, length);
  assertEquals(text(copy), "No such file or directory");
  copy.fill(0);
  assertEquals(textAt(c.strerror(2)), "No such file or directory");
});

test("copies are the caller's own, however many there are", () => {
  const { buffer, address } = runtime.allocate(1 << 20);
  const source = new Uint8Array(buffer).map((_, i) => i % 251);
  new Uint8Array(buffer).set(source);
  const copies = Array.from({ length: 50 }, () => runtime.copyFrom(address, 1 << 20));
  new Uint8Array(buffer).fill(0);
  press();
  for (const copy of copies) assert(copy.every((byte, i) => byte === i % 251));
  for (let i = 0; i < 10_000; i++) runtime.copyFrom(address + i, 16);
  press();
  assertEquals(c.strlen(address), 0);
});

test("C strings come back from any place in a page, whatever their characters", () => {
  // Longer than a page: every way in which a character can lie across two of them occurs.
  const long = "aé守🙂".repeat(1500);
  for (let shift = 0; shift < 12; shift++) {
    const word = "x".repeat(shift) + long;
    assertEquals(textAt(cString(word)), word);
  }
  assertEquals(textAt(cString("")), "");
  assertEquals(textAt(cString("\uFEFFx")), "\uFEFFx");
});

test("a helper's output, exit status and signal", async () => {
  const shell = (script: string) => runtime.command(["sh", "-c", script]);
  const plain = await shell("echo out; echo err >&2; exit 3");
  assertEquals(
    { ...plain, stdout: text(plain.stdout), stderr: text(plain.stderr) },
    { code: 3, signal: null, stdout: "out\n", stderr: "err\n" },
  );
  const killed = await shell("kill -KILL $$");
  assertEquals([killed.code, killed.signal], [137, "SIGKILL"]);
  const terminated = await shell("kill -TERM $$");
  assertEquals([terminated.code, terminated.signal], [143, "SIGTERM"]);
});

test("a helper's input, directory and environment", async () => {
  const input = new TextEncoder().encode("in\0put\n".repeat(100_000));
  const echoed = await runtime.command(["cat"], { stdin: input });
  assertEquals(echoed.stdout.length, input.length);
  assert(echoed.stdout.every((byte, i) => byte === input[i]));
  const nothing = await runtime.command(["cat"]);
  assertEquals(nothing.stdout.length, 0);
  const where = await runtime.command(["pwd"], { cwd: "/usr" });
  assertEquals(text(where.stdout), "/usr\n");
  const env = await runtime.command(["/usr/bin/env"], { env: { ONLY: "this", ODD: "a=b" } });
  assertEquals(text(env.stdout).trim().split("\n").sort(), ["ODD=a=b", "ONLY=this"]);
});

test("a helper that writes much to both, and one that does not read its input", async () => {
  const script = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2";
  const much = await runtime.command(["sh", "-c", script]);
  assertEquals([much.stdout.length, much.stderr.length], [3_000_000, 3_000_000]);
  const deaf = await runtime.command(["true"], { stdin: new Uint8Array(1 << 20) });
  assertEquals(deaf.code, 0);
});

test("a helper that does not exist is an error", async () => {
  await assertRejects(() => runtime.command(["/nonexistent/helper"]));
  await assertRejects(async () => await runtime.command(["no-such-helper-anywhere"]));
});

test("time goes forward, and sleeping takes as long as asked", async () => {
  let last = runtime.now();
  for (let i = 0; i < 10_000; i++) {
    const now = runtime.now();
    assert(now >= last);
    last = now;
  }
  const before = runtime.now();
  await runtime.sleep(30);
  const slept = runtime.now() - before;
  // A timer may fire a fraction of a millisecond early; how late depends on the machine.
  assert(slept >= 29, `slept ${slept} ms`);
  let late = false;
  runtime.sleep(0).then(() => late = true);
  await eventually(() => late, "sleeping for no time");
});

test("one module of several, which says what cannot be in it", async () => {
  const dir = mkdtempSync(`${tmpdir()}/imp-bundle-`);
  const bundleOf = async (name: string, source: string) => {
    writeFileSync(`${dir}/${name}`, source);
    return await runtime.bundle(`${dir}/${name}`);
  };
  try {
    writeFileSync(`${dir}/other.ts`, "export const add = (a: number): number => a + 1;\n");
    const whole = await bundleOf(
      "main.ts",
      'import { add } from "./other.ts";\nimport { Pool } from "imp:multiprocessing";\n' +
        "export default (s: string) => [add(Number(s)), Pool, process.env.NODE_ENV];\n",
    );
    if (runtime.name === "deno") return assert("problems" in whole);
    const text = "text" in whole ? whole.text : JSON.stringify(whole);
    assert(!text.includes('from "./other.ts"'));
    assert(text.includes("imp:multiprocessing") && text.includes(".NODE_ENV"), text);
    const gone = await bundleOf("gone.ts", 'import "./nowhere.ts";\nexport default 1;\n');
    const problem = "problems" in gone ? gone.problems[0] : "";
    assert(/gone\.ts:1: could not resolve: "\.\/nowhere\.ts"$/.test(problem), problem);
    writeFileSync(`${dir}/fast.node`, "x");
    const native = await bundleOf("native.ts", 'import n from "./fast.node";\nexport default n;\n');
    assert(
      JSON.stringify(native).includes("it imports fast.node, machine"),
      JSON.stringify(native),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("SHA-256 of bytes in pieces, and of nothing", () => {
  const whole = runtime.sha256(), empty = runtime.sha256();
  whole.update(new TextEncoder().encode("ab"));
  whole.update(new Uint8Array(0));
  whole.update(new TextEncoder().encode("xc").subarray(1));
  // FIPS 180-2, appendix B.1
  assertEquals(whole.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assertEquals(empty.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
