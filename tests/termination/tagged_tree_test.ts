import { assert, assertEquals } from "@std/assert";
import { listTree } from "../../src/termination/signal_tree.ts";
import { TaggedTree } from "../../src/termination/tagged_tree.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { readStat } from "../../src/procfs/stat.ts";

const TAG = "IMP_TEST_TAG";

/** Runs `use` beside a sleep(1) of that environment. */
function beside(env: string[], use: (pid: number, startTicks: number) => void): void {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "300"], env });
  assert(pid > 0);
  try {
    use(pid, readStat(pid)!.startTicks);
  } finally {
    sendSignal(pid, 9);
    waitFor(pid);
  }
}

function found(tree: TaggedTree): number[] {
  return listTree((processes) => tree.scope([], processes)).map(({ pid }) => pid);
}

Deno.test("TaggedTree: one of several ids, whole", () => {
  const id = crypto.randomUUID();
  beside([`A=${TAG}=${id}`, `${TAG}=outer:${id}:part`, `${TAG}=second`], (pid) => {
    assertEquals(found(new TaggedTree(TAG, ["other", id])), [pid]);
    assertEquals(found(new TaggedTree(TAG, [id.slice(1), "second"])), []);
    assertEquals(found(new TaggedTree(TAG.slice(1), [id])), []);
  });
});

Deno.test("TaggedTree: nobody older than who made the ids, but whoever is known", () => {
  const id = crypto.randomUUID();
  beside([`${TAG}=${id}`], (pid, startTicks) => {
    assertEquals(found(new TaggedTree(TAG, [id], [], startTicks)), [pid]);
    const younger = new TaggedTree(TAG, [id], [], startTicks + 1);
    assertEquals(found(younger), []);
    younger.note(pid);
    assertEquals(found(younger), [pid]);
    assertEquals(younger.scope([pid]).roots, []);
  });
});
