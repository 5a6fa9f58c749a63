// Pure. Folds similar siblings into one row.
import type { ProcStat } from "../procfs/stat.ts";
import { MAX_FOLLOWS, type TreeRow } from "./tree.ts";

/** One row for several processes that are alike, including their children. */
export interface FoldedRow extends TreeRow {
  /** The processes that it stands for, its own first. */
  readonly alike: readonly ProcStat[];
}

interface Node {
  readonly stat: ProcStat;
  readonly children: Node[];
  /** The same number for equal rows, including those below. */
  shape: number;
}

/**
 * Folds siblings that look the same, and below which everything looks the same. Without recursion: a chain may be
 * longer than the stack.
 * @param rows parents before children, as tree.ts makes them
 * @param looks what to compare of a process
 */
export function foldAlike(
  rows: readonly TreeRow[],
  looks: (stat: ProcStat) => string,
): FoldedRow[] {
  const folded: FoldedRow[] = [];
  const waiting: { nodes: readonly Node[]; depth: number; follows: readonly boolean[] }[] = [];
  const queue = (nodes: readonly Node[], depth: number, above: readonly boolean[]) => {
    const groups = groupsOf(nodes);
    for (let i = groups.length - 1; i >= 0; i--) {
      const follows = depth === 0 || above.length >= MAX_FOLLOWS
        ? above
        : [...above, i < groups.length - 1];
      waiting.push({ nodes: groups[i], depth, follows });
    }
  };
  queue(shaped(rows, looks), 0, []);
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    const { nodes, depth, follows } = one;
    const alike = nodes.map(({ stat }) => stat);
    folded.push({ stat: alike[0], depth, follows, alike });
    queue(nodes.flatMap(({ children }) => children), depth + 1, follows);
  }
  return folded;
}

/** Every row unfolded. */
export function unfolded(rows: readonly TreeRow[]): FoldedRow[] {
  return rows.map((row) => ({ ...row, alike: [row.stat] }));
}

function groupsOf(nodes: readonly Node[]): Node[][] {
  return [...Map.groupBy(nodes, ({ shape }) => shape).values()];
}

/** @returns the top rows */
function shaped(rows: readonly TreeRow[], looks: (stat: ProcStat) => string): Node[] {
  const nodes = rows.map(({ stat }): Node => ({ stat, children: [], shape: 0 }));
  const tops: Node[] = [];
  const above: Node[] = [];
  rows.forEach(({ depth }, i) => {
    above[depth] = nodes[i];
    (depth === 0 ? tops : above[depth - 1].children).push(nodes[i]);
  });
  const shapes = new Map<string, number>();
  // Children come after their parents.
  for (const node of nodes.toReversed()) {
    const below = groupsOf(node.children).map((group) => `${group[0].shape}x${group.length}`)
      .sort();
    const key = JSON.stringify([looks(node.stat), ...below]);
    node.shape = shapes.getOrInsertComputed(key, () => shapes.size);
  }
  return tops;
}
