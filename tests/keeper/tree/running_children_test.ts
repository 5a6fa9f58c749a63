import { assertEquals } from "@std/assert";
import { KeptTree } from "../../../src/keeper/tree/kept_tree.ts";
import { runningChildrenOf } from "../../../src/keeper/tree/running_children.ts";
import { childrenOf } from "../../../src/procfs/processes.ts";
import { readStat } from "../../../src/procfs/stat.ts";
import { until } from "../../termination/until.ts";

/** A shell that stands for a keeper, with one child. */
async function withParent(script: string, check: (parent: number) => Promise<void> | void) {
  const shell = new Deno.Command("sh", { args: ["-c", script], stdin: "piped", stdout: "null" });
  const parent = shell.spawn();
  try {
    await until(() => childrenOf(parent.pid).length > 0);
    await check(parent.pid);
  } finally {
    for (const pid of childrenOf(parent.pid)) Deno.kill(pid, "SIGKILL");
    parent.kill("SIGKILL");
    await parent.stdin.close();
    await parent.status;
  }
}

Deno.test("running children: zombies have ended, also where nobody reaps them", async () => {
  await withParent("sleep 1000 & exec sleep 1000", async (parent) => {
    const [child] = childrenOf(parent);
    assertEquals(runningChildrenOf([parent], () => true).map(({ pid }) => pid), [child]);
    assertEquals(runningChildrenOf([parent], ({ pid }) => pid !== child), []);
    Deno.kill(child, "SIGKILL");
    await until(() => readStat(child)?.state === "Z");
    assertEquals(childrenOf(parent), [child]);
    assertEquals(runningChildrenOf([parent], () => true), []);
  });
});

Deno.test("a process that a look has missed belongs to the daemon if it is below its keeper", async () => {
  await withParent("sleep 1000 & wait", (parent) => {
    const keeper = readStat(parent)!;
    const tagged = { members: new Map(), nested: new Map(), directories: new Map() };
    const tree = new KeptTree({ directory: "/d", keeper }, { in: () => tagged });
    const missed = new Map([[parent, keeper]]);
    assertEquals(tree.members(missed).map(({ pid }) => pid), childrenOf(parent));
    assertEquals(tree.hidden(missed).map(({ pid }) => pid), childrenOf(parent));
  });
});
