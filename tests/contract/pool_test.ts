import { runtime } from "../../src/runtime/mod.ts";
import { assertEquals, test } from "./harness.ts";
import { text } from "./support.ts";
import { workingDirectory } from "../../src/libc/process.ts";

/** The program is one of the library's users: a process of its own, of the runtime under test. */
test("a pool holds all that it promises, from source", async () => {
  const root = workingDirectory();
  const [program] = runtime.selfCommand();
  const words = runtime.name === "deno" ? ["run", "-A", "--quiet", "--no-check"] : [];
  const { stdout, stderr } = await runtime.command(
    [program, ...words, `${root}/tests/fixtures/multiprocessing/pool_checks.ts`],
    { env: { ...runtime.environment(), IMP_API: `${root}/src/mod.ts` } },
  );
  const [last, ...failures] = text(stdout).trim().split("\n").reverse();
  assertEquals([failures.reverse().join("\n"), last, text(stderr)], [
    "",
    "17 checks, 0 failed",
    "",
  ]);
});
