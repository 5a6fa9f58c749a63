import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { sessionRows, treeBelow, wholeTree } from "../../src/family/tree.ts";
import { family } from "./relatives.ts";

const PF_KTHREAD = 0x00200000;

Deno.test("treeBelow: parents before children, and whether siblings follow", () => {
  const all = family({ pid: 1, ppid: 0 }, { pid: 2 }, { pid: 3, ppid: 2 }, { pid: 4 });
  assertEquals(
    treeBelow(all, 1).map(({ stat, depth, follows }) => [stat.pid, depth, follows]),
    [[1, 0, []], [2, 1, [true]], [3, 2, [true, false]], [4, 1, [false]]],
  );
  assertEquals(treeBelow(all, 99), []);
});

Deno.test("wholeTree: threads of the kernel only when asked for", () => {
  const all = family({ pid: 1, ppid: 0 }, { pid: 2, ppid: 0, flags: PF_KTHREAD }, {
    pid: 3,
    ppid: 2,
    flags: PF_KTHREAD,
  });
  assertEquals(wholeTree(all, false).map(({ stat }) => stat.pid), [1]);
  assertEquals(wholeTree(all, true).map(({ stat }) => stat.pid), [1, 2, 3]);
});

Deno.test("wholeTree: everybody once, whatever parents /proc seemed to show", () => {
  const pids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
  fc.assert(fc.property(
    pids.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.array(fc.integer({ min: 0, max: 60 }), {
          minLength: list.length,
          maxLength: list.length,
        }),
      )
    ),
    ([list, parents]) => {
      const all = family(...list.map((pid, i) => ({ pid, ppid: parents[i] })));
      const shown = wholeTree(all, true).map(({ stat }) => stat.pid);
      assertEquals(shown.toSorted((a, b) => a - b), list.toSorted((a, b) => a - b));
      for (const pid of list) {
        const below = all.descendants(pid).map((one) => one.pid);
        assertEquals(new Set(below).size, below.length);
        all.ancestors(pid);
      }
    },
  ));
});

Deno.test("wholeTree: a chain longer than the stack", () => {
  const chain = Array.from({ length: 30_000 }, (_, i) => ({ pid: i + 1, ppid: i }));
  const rows = wholeTree(family(...chain), true);
  assertEquals([rows.length, rows.at(-1)?.depth], [30_000, 29_999]);
});

Deno.test("sessionRows: groups in order, a leader that has ended is missing", () => {
  const all = family(
    { pid: 10, sid: 10, pgid: 10 },
    { pid: 12, ppid: 10, sid: 10, pgid: 11 },
    { pid: 13, ppid: 12, sid: 10, pgid: 11 },
    { pid: 14, ppid: 10, sid: 10, pgid: 14, state: "Z" },
    { pid: 15, ppid: 10, sid: 10, pgid: 14 },
  );
  const [session] = sessionRows(all, [10, 99]);
  assertEquals(session.leader?.pid, 10);
  assertEquals(
    session.groups.map(({ pgid, leader, rows }) => [
      pgid,
      leader?.pid,
      rows.map(({ stat, depth }) => [stat.pid, depth]),
    ]),
    [
      [10, 10, [[10, 0]]],
      [11, undefined, [[12, 0], [13, 1]]],
      [14, undefined, [[14, 0], [15, 0]]],
    ],
  );
});
