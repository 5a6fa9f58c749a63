import { workingDirectory } from "../../src/libc/processes/process.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assertEquals, test } from "./harness.ts";
import { programCommand, text } from "./support.ts";

/** The program is one of the library's users: a process of its own, of the runtime under test. */
test("a pool holds all that it promises, from source", async () => {
  const env = { ...runtime.environment(), IMP_API: `${workingDirectory()}/src/mod.ts` };
  const program = programCommand("tests/fixtures/multiprocessing/pool_checks.ts");
  const { stdout, stderr } = await runtime.command(program, { env });
  const [last, ...failures] = text(stdout).trim().split("\n").reverse();
  const said = [failures.reverse().join("\n"), last, text(stderr)];
  assertEquals(said, ["", "18 checks, 0 failed", ""]);
});
