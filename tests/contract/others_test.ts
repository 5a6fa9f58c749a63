import { othersOf } from "../../src/keeper/observe/others.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { readStat } from "../../src/procfs/stat.ts";
import { readChildren } from "../../src/procfs/usage.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { eventually } from "./support.ts";

/** In a new session. */
function lead(script: string): number {
  const pid = spawn({ path: "/usr/bin/setsid", argv: ["setsid", "sh", "-c", script], env: [] });
  assert(pid > 0);
  return pid;
}

/** Daemons that do not exist: with many of them, processes are listed. */
const MANY = Array.from({ length: 5000 }, (_, i) => {
  const program = 5_000_000 + 3 * i;
  return { program, keeper: program + 1, guard: program + 2 };
});

test("othersOf: by listing and by walking the same, in whatever session they are", async () => {
  const each = '/usr/bin/setsid /bin/sh -c "/bin/sleep 60 & ' +
    "/usr/bin/setsid /bin/sh -c '/bin/sleep 60 & wait' & wait\" &";
  const keeper = lead(`${each} ${each} wait`);
  const stranger = lead("exec /bin/sleep 60");
  let groups = [keeper, stranger];
  try {
    await eventually(() => readChildren(keeper)?.length === 2, "both children");
    // An adopted process is the keeper's child as well.
    const [program, adopted] = readChildren(keeper)!;
    const pair = { program, keeper, guard: 1 };
    const listed = () => (othersOf([pair, ...MANY]).get(program) ?? []).toSorted((a, b) => a - b);
    await eventually(() => listed().length === 7, "three below each, and the adopted one");
    const walked = othersOf([pair]).get(program) ?? [];
    assertEquals(listed(), walked.toSorted((a, b) => a - b));
    assert(walked.includes(adopted) && !walked.includes(stranger));
    groups = [...groups, program, ...walked.map((pid) => readStat(pid)!.pgid)];
    // Another process's child is not adopted.
    assertEquals(othersOf([{ ...pair, keeper: 1 }, ...MANY]).get(program)?.length, 3);
  } finally {
    for (const group of new Set(groups)) libc("kill").kill(-group, 9);
    for (const pid of [keeper, stranger]) waitFor(pid);
  }
});
