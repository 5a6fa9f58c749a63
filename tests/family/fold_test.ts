import { assertEquals } from "@std/assert";
import { foldAlike } from "../../src/family/fold.ts";
import { treeBelow, wholeTree } from "../../src/family/tree.ts";
import { family } from "./relatives.ts";

const drawn = (all: ReturnType<typeof family>, top: number) =>
  foldAlike(treeBelow(all, top), ({ comm }) => comm)
    .map(({ alike, depth, follows }) => [alike.map(({ pid }) => pid), depth, follows]);

Deno.test("foldAlike: equal siblings share a row, wherever they stand among others", () => {
  const all = family(
    { pid: 1, ppid: 0 },
    { pid: 2, comm: "a" },
    { pid: 3, comm: "b" },
    { pid: 4, comm: "a" },
  );
  assertEquals(drawn(all, 1), [[[1], 0, []], [[2, 4], 1, [true]], [[3], 1, [false]]]);
});

Deno.test("foldAlike: what is below them must be equal too, and is folded with them", () => {
  const all = family(
    { pid: 1, ppid: 0 },
    { pid: 2, comm: "a" },
    { pid: 3, comm: "a" },
    { pid: 4, comm: "a" },
    { pid: 5, comm: "x", ppid: 2 },
    { pid: 6, comm: "x", ppid: 3 },
    { pid: 7, comm: "y", ppid: 4 },
  );
  assertEquals(drawn(all, 1), [
    [[1], 0, []],
    [[2, 3], 1, [true]],
    [[5, 6], 2, [true, false]],
    [[4], 1, [false]],
    [[7], 2, [false, false]],
  ]);
});

Deno.test("foldAlike: a chain longer than the stack, and a host of brothers", () => {
  const chain = Array.from({ length: 30_000 }, (_, i) => ({ pid: i + 1, ppid: i }));
  assertEquals(foldAlike(wholeTree(family(...chain), true), ({ comm }) => comm).length, 30_000);
  const host = Array.from({ length: 30_000 }, (_, i) => ({ pid: i + 1, ppid: i ? 1 : 0 }));
  const rows = foldAlike(wholeTree(family(...host), true), ({ comm }) => comm);
  assertEquals(rows.map(({ alike }) => alike.length), [1, 29_999]);
});
