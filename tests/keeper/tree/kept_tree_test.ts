import { assertEquals } from "@std/assert";
import type { TaggedProcesses } from "../../../src/keeper/tree/kept_tags.ts";
import { KeptTree } from "../../../src/keeper/tree/kept_tree.ts";
import { type Kin, type Look, membersOf } from "../../../src/termination/scope.ts";

// Beyond the greatest PID that there can be: nothing of /proc is read for them.
const BASE = 5_000_000;
const GUARD = 1, KEEPER = 2, TURN = 3, PROGRAM = 4;

/** Rows of PID, parent and session, all above BASE, but for 1. */
function lookOf(...rows: [pid: number, ppid: number, sid: number][]): Look {
  const above = (pid: number) => pid === 0 ? 1 : BASE + pid;
  return new Map(rows.map(([pid, ppid, sid]) => {
    const kin: Kin = {
      pid: above(pid),
      ppid: above(ppid),
      pgid: above(sid),
      sid: above(sid),
      state: "S",
      threads: 1,
      startTicks: pid,
      comm: "x",
    };
    return [kin.pid, kin];
  }));
}

const waiter = (pid: number, ppid: number) => ({
  ...{ pid: BASE + pid, ppid: BASE + ppid, startTicks: pid, state: "S" },
});

function treeOf(tagged: readonly number[] = [], nested: readonly number[] = []): KeptTree {
  const at = (pid: number) => ({ pid: BASE + pid, startTicks: pid });
  const found: TaggedProcesses = {
    members: new Map([["/d", tagged.map(at)]]),
    nested: new Map([["/d", nested.map((pid) => BASE + pid)]]),
    directories: new Map(),
  };
  const owner = { directory: "/d", guard: waiter(GUARD, 0), keeper: waiter(KEEPER, GUARD) };
  return new KeptTree(owner, { in: () => found });
}

const members = (tree: KeptTree, look: Look) =>
  tree.members(look).map(({ pid }) => pid - BASE).sort((a, b) => a - b);

const KEPT: [number, number, number][] = [
  [GUARD, 0, GUARD],
  [KEEPER, GUARD, KEEPER],
  [TURN, KEEPER, KEEPER],
  [PROGRAM, KEEPER, PROGRAM],
];

Deno.test("below the keeper all belongs to the daemon, but the turns of imp", () => {
  const look = lookOf(...KEPT, [10, PROGRAM, PROGRAM], [11, KEEPER, 11], [12, TURN, KEEPER]);
  assertEquals(members(treeOf(), look), [PROGRAM, 10, 11]);
});

Deno.test("what a killed keeper leaves to its guard still belongs to the daemon", () => {
  const tree = treeOf();
  assertEquals(members(tree, lookOf(...KEPT)), [PROGRAM]);
  const after = lookOf([GUARD, 0, GUARD], [20, GUARD, GUARD], [PROGRAM, GUARD, PROGRAM]);
  assertEquals(members(tree, after), [PROGRAM]);
});

Deno.test("what is in the session of a keeper that has just left is imp's: turns, and who looks after logs", () => {
  const tree = treeOf();
  assertEquals(members(tree, lookOf(...KEPT)), [PROGRAM]);
  const after = lookOf([GUARD, 0, GUARD], [20, GUARD, KEEPER]);
  assertEquals(members(tree, after), []);
  const later = treeOf();
  later.follow(tree);
  assertEquals(members(later, after), []);
  // The PID is another one's by now, and so is the session.
  assertEquals(members(tree, lookOf([GUARD, 0, GUARD], [20, GUARD, 20])), [20]);
});

Deno.test("whoever carries the tag belongs to it wherever it is, with its children", () => {
  const look = lookOf(...KEPT, [30, 0, 30], [31, 30, 30], [40, 0, 40]);
  assertEquals(members(treeOf([30]), look), [PROGRAM, 30, 31]);
});

Deno.test("who has been seen stays, unless the PID is another one's", () => {
  const tree = treeOf();
  assertEquals(members(tree, lookOf(...KEPT, [50, PROGRAM, 50])), [PROGRAM, 50]);
  const left = lookOf([50, 0, 50], [51, 50, 50]);
  assertEquals(members(tree, left), [50, 51]);
  const reused = new Map(
    [...lookOf([50, 0, 50])].map(([pid, kin]) => [pid, { ...kin, startTicks: 9 }]),
  );
  assertEquals(members(tree, reused), []);
});

Deno.test("a daemon that was started from within another is no part of it", () => {
  const look = lookOf(...KEPT, [60, PROGRAM, 60], [61, 60, 61], [62, 61, 62]);
  assertEquals(members(treeOf([], [61]), look), [PROGRAM, 60]);
});

/** A control group of the daemon in `/d`, with these processes. */
function inGroup(
  pids: readonly number[],
  { directories = [] as [number, string][] } = {},
): (look: Look) => ReturnType<KeptTree["scope"]> {
  const cgroup = Deno.makeTempDirSync({ prefix: "imp-cgroup-" });
  Deno.writeTextFileSync(
    `${cgroup}/cgroup.procs`,
    pids.map((pid) => pid === OWN ? OWN : BASE + pid).join("\n"),
  );
  const found: TaggedProcesses = {
    members: new Map(),
    nested: new Map(),
    directories: new Map(directories.map(([pid, directory]) => [BASE + pid, directory])),
  };
  const owner = { directory: "/d", state: { cgroup } };
  const tree = new KeptTree(owner, { in: () => found });
  return (look) => {
    try {
      const scope = tree.scope(look);
      const roots = membersOf(scope, look, 0).map(({ pid }) => ({ pid, startTicks: pid - BASE }));
      return { ...scope, roots, cgroup: scope.cgroup === cgroup ? "whole" : scope.cgroup };
    } finally {
      Deno.removeSync(cgroup, { recursive: true });
    }
  };
}

const OWN = Deno.pid;
const found = ({ roots = [], cgroup }: ReturnType<KeptTree["scope"]>) => [
  roots.map(({ pid }) => pid - BASE).sort((a, b) => a - b),
  cgroup,
];

Deno.test("a control group: who is in it belongs to the daemon, and can be killed at once", () => {
  const look = lookOf([PROGRAM, 0, PROGRAM], [10, 0, 10], [11, 0, 11], [12, 10, 10]);
  assertEquals(found(inGroup([PROGRAM, 10, 12])(look)), [[PROGRAM, 10, 12], "whole"]);
  assertEquals(found(inGroup([])(look)), [[], undefined]);
});

Deno.test("a control group: another daemon that was started from there is spared, with its waiters", () => {
  const look = new Map(lookOf([PROGRAM, 0, PROGRAM], [20, 0, 20], [21, 20, 20], [22, 20, 22]));
  look.set(BASE + 20, { ...look.get(BASE + 20)!, comm: "imp-keeper" });
  const directories: [number, string][] = [[20, "/other"], [22, "/other"]];
  assertEquals(found(inGroup([PROGRAM, 20, 21, 22], { directories })(look)), [
    [PROGRAM],
    undefined,
  ]);
});

Deno.test("a control group: waiters of its own are none of its processes, wherever they are", () => {
  const look = new Map(lookOf([PROGRAM, 0, PROGRAM], [20, 0, 20], [21, 20, 20]));
  look.set(BASE + 20, { ...look.get(BASE + 20)!, comm: "imp-keeper" });
  const directories: [number, string][] = [[20, "/d"]];
  assertEquals(found(inGroup([PROGRAM, 20, 21], { directories })(look)), [[PROGRAM], undefined]);
});
