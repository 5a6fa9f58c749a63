import { workingDirectory } from "../../src/libc/processes/process.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assertEquals, test } from "./harness.ts";
import { text } from "./support.ts";

/** The program is one of the library's users: a process of its own, of the runtime under test. */
async function run(program: string): Promise<[stdout: string, reports: string[]]> {
  const root = workingDirectory();
  const [self] = runtime.selfCommand();
  const words = runtime.name === "deno" ? ["run", "-A", "--quiet", "--no-check"] : [];
  const { stdout, stderr } = await runtime.command(
    [self, ...words, `${root}/tests/fixtures/multiprocessing/${program}`],
    { env: { ...runtime.environment(), IMP_API: `${root}/src/mod.ts` } },
  );
  return [text(stdout), text(stderr).split("\n").filter((line) => /^\S/.test(line))];
}

test("what dicts and lists keep is got by any number of processes, from source", async () => {
  const [stdout, reports] = await run("kept_checks.ts");
  assertEquals(stdout, "10 checks, 0 failed\n");
  assertEquals(reports.filter((line) => !/^Process Process-\d+:$/.test(line)).length, 2);
  assertEquals(reports.filter((line) => line.startsWith("OwnerDied: ")).length, 2);
});

test("what processes and threads share holds all that it promises, from source", async () => {
  assertEquals(await run("shared_checks.ts"), ["27 checks, 0 failed\n", [
    "Process Process-27:",
    "Error: on purpose",
    "Exception in thread of a start:",
    "TypeError: of a thread",
    "Caused by: Error: the reason",
    "Exception in thread of fail:",
    "TypeError: of a thread",
    "Caused by: Error: the reason",
    "Exception in thread of failLater:",
    "RangeError: too late",
    "Process Process-45:",
    "RangeError: too late",
  ]]);
});
