import { assert, assertEquals } from "@std/assert";
import { listTree } from "../../src/termination/look.ts";
import { hasId, TaggedTree, type TreeTag } from "../../src/termination/tagged_tree.ts";
import { signalTree } from "../../src/termination/signal_tree.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { closeFile, writeAll } from "../../src/libc/descriptors/files.ts";
import { openPipe } from "../../src/libc/descriptors/pipe.ts";
import { FLOOR } from "../../src/libc/descriptors/reserved.ts";
import { readVariable } from "../../src/procfs/cmdline.ts";
import { readStat } from "../../src/procfs/stat.ts";

const TAG = "IMP_TEST_TAG";

/** Runs `use` beside a sleep(1) of that environment. */
function beside(env: string[], use: (pid: number, startTicks: number) => void): void {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "300"], env });
  assert(pid > 0);
  try {
    // spawn() returns when exec has taken the old memory away, before the new environment stands in /proc.
    while (readVariable(pid, TAG) === undefined);
    use(pid, readStat(pid)!.startTicks);
  } finally {
    sendSignal(pid, 9);
    waitFor(pid);
  }
}

function tagged(ids: string[], more: Partial<TreeTag> = {}): TaggedTree {
  return new TaggedTree({ variable: TAG, matches: hasId(ids), ...more });
}

function found(tree: TaggedTree): number[] {
  return listTree(tree.scope).map(({ pid }) => pid);
}

Deno.test("TaggedTree: one of several ids, whole", () => {
  const id = crypto.randomUUID();
  beside([`A=${TAG}=${id}`, `${TAG}=outer:${id}:part`, `${TAG}=second`], (pid) => {
    assertEquals(found(tagged(["other", id])), [pid]);
    assertEquals(found(tagged([id.slice(1), "second"])), []);
    assertEquals(found(tagged([id], { variable: TAG.slice(1) })), []);
  });
});

Deno.test("TaggedTree: nobody older than who made the ids, but whoever is known", () => {
  const id = crypto.randomUUID();
  beside([`${TAG}=${id}`], (pid, startTicks) => {
    assertEquals(found(tagged([id], { since: startTicks })), [pid]);
    const younger = tagged([id], { since: startTicks + 1 });
    assertEquals(found(younger), []);
    younger.note(pid);
    assertEquals(found(younger), [pid]);
    assertEquals(younger.scope(undefined, [pid]).roots, []);
  });
});

Deno.test("TaggedTree: who was looked at often enough is looked at again as another program", () => {
  const id = crypto.randomUUID();
  const [theirs, mine] = openPipe(FLOOR.job);
  const pid = spawn({
    path: "/bin/sh",
    argv: ["sh", "-c", `read -r _; exec env ${TAG}=${id} sleep 300`],
    env: ["PATH=/usr/bin:/bin"],
    descriptors: [[theirs, 0]],
  });
  assert(pid > 0);
  const tree = tagged([id], { since: readStat(pid)!.startTicks, readings: 2 });
  for (let look = 0; look < 4; look++) assertEquals(found(tree), []);
  writeAll(mine, "\n");
  while (found(tree).join() !== String(pid));
  sendSignal(pid, 9);
  waitFor(pid);
  closeFile(theirs);
  closeFile(mine);
});

Deno.test("TaggedTree: who was seen stays a member when it has lost its parent, or its session", () => {
  const id = crypto.randomUUID();
  const tree = tagged([id]);
  const line = `env -u ${TAG} sh -c 'setsid sleep 300 & exec setsid sleep 301' & wait`;
  const env = ["PATH=/usr/bin:/bin", `${TAG}=${id}`];
  const pid = spawn({ path: "/bin/sh", argv: ["sh", "-c", line], env });
  assert(pid > 0);
  const names = () => listTree(tree.scope).map(({ comm }) => comm).sort();
  while (names().join() !== "sh,sleep,sleep");
  sendSignal(pid, 9);
  waitFor(pid);
  assertEquals(names(), ["sleep", "sleep"]);
  signalTree(tree.scope(), 9);
  while (names().length > 0);
});

Deno.test("TaggedTree: whole sessions, whatever their processes carry", () => {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "300"], env: [], newSession: true });
  assert(pid > 0);
  assertEquals(found(tagged(["none"], { sessions: [pid] })), [pid]);
  sendSignal(pid, 9);
  waitFor(pid);
});
