import { workingDirectory } from "../../src/libc/processes/process.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes, test } from "./harness.ts";
import { programCommand, runProgram, text } from "./support.ts";

const PROGRAM = "tests/fixtures/multiprocessing/basic.ts";

interface Told {
  /** What the program and its processes have printed, one object a line, joined. */
  readonly facts: Record<string, unknown>;
  readonly lines: readonly Record<string, unknown>[];
  readonly stderr: string;
  readonly code: number;
}

async function run(...words: string[]): Promise<Told> {
  const { stdout, stderr, code } = await runProgram(PROGRAM, ...words);
  const lines = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { facts: Object.assign({}, ...lines), lines, stderr, code };
}

test("a process: what it is before, during and after, and what it is called with", async () => {
  const { facts, code, stderr } = await run("values");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(facts, {
    before: [null, null, false, "Process-1", false],
    during: [true, null, true, true],
    args: ["1n", [["k", { deep: [null, null] }]], "1970-01-01T00:00:00.000Z", { 0: 0, 1: 0, 2: 0 }],
    joined: true,
    after: [true, 0, false, 0],
  });
});

test("exit codes: of itself, by exit, by errors of every kind, by signals", async () => {
  const { facts, stderr, lines } = await run("codes");
  assertEquals(facts.codes, [0, 4, 5, 1, 1, 1, 1, -15, -9]);
  assertEquals(lines.filter(({ timely }) => timely === true).length, 2);
  const errors = stderr.split(/^Process /m).filter(Boolean);
  assertEquals(errors.map((error) => error.split(":")[0]), [
    "fail",
    "failLater",
    "reject",
    "never",
  ]);
  assertMatch(
    errors[0],
    /^fail:\nTypeError: no such colour\n\s+at fail .*\nCaused by: Error: the reason\n\s+at fail /,
  );
  assertStringIncludes(errors[1], "too late");
  assertStringIncludes(errors[2], "rejected");
  assertStringIncludes(errors[3], "waits for something that can no longer come");
});

test("names, parents, and who is a daemon", async () => {
  const { lines } = await run("names");
  const child = { pid: true, ppid: true };
  assertEquals(lines, [
    { name: "Process-1", daemon: false, parent: "MainProcess", ...child },
    { name: "web", daemon: true, parent: "MainProcess", ...child },
    { name: "Process-3", daemon: false, parent: "Boss", ...child },
    { parent: null, name: "Boss" },
  ]);
});

test("what a process inherits: output, directory, environment as it is now; nothing else", async () => {
  const { facts } = await run("inheritance");
  assertEquals(facts, {
    stdin: "/dev/null",
    stdout: false,
    cwd: workingDirectory(),
    variable: "yes",
    blocked: "0000000000000000",
    strange: [],
  });
});

test("every way to name a target", async () => {
  const { lines, stderr } = await run("targets");
  assertEquals(stderr, "");
  assertEquals(lines, [
    { arrow: 1 },
    { elsewhere: 2 },
    { arrow: 3 },
    { arrow: 4 },
    { elsewhere: 5 },
    { byDefault: 6 },
    { answer: 42 },
  ]);
});

test("what is no target is said at once, or by the process that cannot load it", async () => {
  const { lines, stderr } = await run("wrongTargets");
  const complaints = lines.flatMap(({ complaint }) =>
    complaint === undefined ? [] : [String(complaint)]
  );
  const expected = [
    "target 'local' is not exported by ",
    "target 'hidden' is not exported by ",
    "a function without a name, is not exported by ",
    "target 'bound forever' is a bound or built-in function",
    "target 'max' is a bound or built-in function",
    "not number",
    "not null",
    "not object",
    "missing.ts: ENOENT",
    "/nonexistent.ts: ENOENT",
  ];
  assertEquals(complaints.length, expected.length);
  complaints.forEach((complaint, i) => assertStringIncludes(complaint, expected[i]));
  assertEquals(lines.filter(({ code }) => code === 1).length, 4);
  assertMatch(
    stderr,
    /elsewhere\.ts#missing:\ncannot call missing of .*it exports nothing of that name/,
  );
  assertMatch(
    stderr,
    /throws\.ts#x:\ncannot load .*throws\.ts: Error: not today\n.*throws\.ts:1:\d+/,
  );
  assertMatch(
    stderr,
    /starts\.ts#x:\ncannot load .*a process was started while .*import\.meta\.main/,
  );
});

test("the rules, in Python's words where it has some", async () => {
  const { lines } = await run("rules");
  const complaints = lines.filter(({ complaint }) => complaint !== undefined).map(({ complaint }) =>
    complaint
  );
  assertEquals(complaints, [
    "Error: can only terminate a started process",
    "Error: can only kill a started process",
    "Error: can only wait for a started process",
    "Error: can only join a started process",
    "Error: cannot start a process twice",
    "Error: process has already started",
    "Error: Cannot close a process while it is still running. You should first call join() or terminate().",
    "Error: process object is closed",
    "Error: process object is closed",
    "UnsendableError: args[0][0].f is a function: functions cannot be sent to another process",
  ]);
});

test("daemonic processes have no children; with noChildren the kernel says so to every program", async () => {
  const { lines } = await run("daemonic");
  assertEquals(lines[0], { refused: "daemonic processes are not allowed to have children" });
  assert(lines[1].status !== 0, JSON.stringify(lines[1]));
  assertStringIncludes(String(lines[2].refused), "not allowed to have children");
});

test("children that the program has started itself are left to it", async () => {
  assertEquals((await run("own")).facts, { codes: [0, 1, 2, 3, 4], mine: 9 });
});

test("one after the other, no descriptor is left; many at once", async () => {
  const few = (await run("many", "5")).facts, more = (await run("many", "25")).facts;
  assertEquals([few.failures, more.failures], [[], []]);
  assert(Number(more.grown) <= Math.max(4, Number(few.grown)), `${few.grown}, then ${more.grown}`);
  assertEquals((await run("together", "20")).facts, { right: true, left: 0 });
});

test("arguments of any size, with more descriptors than usual", async () => {
  assertEquals((await run("large", "3000000")).facts, { code: 42 });
});

test("await using leaves nothing; timers of the target are waited for", async () => {
  assertEquals((await run("disposed")).facts, { left: 0 });
  assertEquals((await run("timers")).facts, { timer: true, code: 0 });
});

test("a process hears of its parent's end", async () => {
  const { stdout, code } = await runtime.command(programCommand(PROGRAM, "orphan"));
  assertEquals(code, 137);
  const facts = text(stdout).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  assertEquals(Object.assign({}, ...facts), { ended: false, after: true, alive: false });
});
