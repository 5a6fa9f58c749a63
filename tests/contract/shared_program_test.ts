import { workingDirectory } from "../../src/libc/processes/process.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assertEquals, test } from "./harness.ts";
import { text } from "./support.ts";

/** The program is one of the library's users: a process of its own, of the runtime under test. */
test("what processes and threads share holds all that it promises, from source", async () => {
  const root = workingDirectory();
  const [program] = runtime.selfCommand();
  const words = runtime.name === "deno" ? ["run", "-A", "--quiet", "--no-check"] : [];
  const { stdout, stderr } = await runtime.command(
    [program, ...words, `${root}/tests/fixtures/multiprocessing/shared_checks.ts`],
    { env: { ...runtime.environment(), IMP_API: `${root}/src/mod.ts` } },
  );
  const reports = text(stderr).split("\n").filter((line) => /^\S/.test(line));
  assertEquals([text(stdout), reports], ["19 checks, 0 failed\n", [
    "Process Process-9:",
    "Error: on purpose",
    "Exception in thread of a start:",
    "TypeError: of a thread",
    "Caused by: Error: the reason",
    "Exception in thread of fail:",
    "TypeError: of a thread",
    "Caused by: Error: the reason",
    "Exception in thread of failLater:",
    "RangeError: too late",
    "Process Process-24:",
    "RangeError: too late",
  ]]);
});
