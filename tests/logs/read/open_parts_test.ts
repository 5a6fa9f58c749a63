// Readers while another process renames files: a simulated directory, with a step between any two looks of the reader.
import { assert, assertEquals } from "@std/assert";
import { openParts, type PartsDirectory } from "../../../src/logs/read/open_parts.ts";
import { partName, partsAmong, shiftParts } from "../../../src/logs/rotate/parts.ts";

interface Piece {
  readonly inode: string;
}

const LOG = "web.log", COPY = "web.log.cut";

/** A directory, and what is done to it; `tick` comes before each look. */
class Scene implements PartsDirectory<Piece> {
  readonly files = new Map<string, string>();
  readonly pieces = new Set<Piece>();

  constructor(private readonly tick: () => void) {}

  names(): string[] {
    this.tick();
    return [...this.files.keys()];
  }

  open(name: string): Piece | "missing" {
    this.tick();
    const inode = this.files.get(name);
    if (inode === undefined) return "missing";
    const piece = { inode };
    this.pieces.add(piece);
    return piece;
  }

  close(piece: Piece): void {
    assert(this.pieces.delete(piece), "open once");
  }

  /** The numbers of what is open, which are returned and nothing else. */
  numbers(pieces: readonly Piece[]): number[] {
    assertEquals(new Set(pieces), this.pieces);
    return pieces.map(({ inode }) => Number(inode.slice(1)));
  }
}

/** The renames by which `from` becomes part 1, one after the other, as rotated_file.ts has them. */
function* becomesPart(files: Map<string, string>, from: string, keep: number) {
  const { remove, rename } = shiftParts(partsAmong([...files.keys()], LOG), keep);
  const move = (a: string, b: string) => {
    const inode = files.get(a);
    if (inode === undefined) return;
    files.delete(a);
    files.set(b, inode);
  };
  for (const number of remove) yield files.delete(partName(LOG, number));
  for (const [a, b] of rename) yield move(partName(LOG, a), partName(LOG, b));
  yield move(from, partName(LOG, 1));
}

/** What the book of a log records: which cut is under way. */
interface Book {
  cut: number;
}

function* cutting(files: Map<string, string>, book: Book, cuts: number, keep: number) {
  for (; book.cut <= cuts; yield book.cut++) {
    // The copy counts as a part as soon as the book says so.
    files.set(COPY, `p${book.cut + 100}`);
    yield* becomesPart(files, COPY, keep);
  }
}

function expectRow(numbers: readonly number[], what: string): void {
  numbers.forEach((number, i) => i > 0 && assertEquals(number, numbers[i - 1] + 1, what));
}

Deno.test("open parts: renamed at any moment, all are there once, in their order", () => {
  for (let parts = 0; parts <= 4; parts++) {
    for (let at = 1; at <= 3 * parts + 8; at++) {
      for (let steps = 1; steps <= parts + 1; steps++) {
        let looks = 0;
        const scene = new Scene(() => {
          // One step before each look, or all of them before one.
          for (let n = ++looks === at ? 1 : looks; n <= steps; n++) renames.next();
        });
        for (let n = parts; n >= 1; n--) scene.files.set(partName(LOG, n), `p${100 - n}`);
        scene.files.set(COPY, "p100");
        const renames = becomesPart(scene.files, COPY, 1000);
        const numbers = scene.numbers(openParts(scene, { name: LOG }, COPY));
        const expected = [...Array(parts + 1)].map((_, i) => 100 - parts + i);
        assertEquals(numbers, expected, `${parts} ${at} ${steps}`);
      }
    }
  }
});

Deno.test("open parts: cut again and again, who has the same book before and after has all that are kept", () => {
  let same = 0;
  for (let seed = 1; seed < 5000; seed++) {
    let random = seed;
    const next = () => (random = random * 48271 % 2147483647) / 2147483647;
    const pace = 0.2 + 0.5 * next();
    const scene = new Scene(() => {
      while (next() < pace) steps.next();
    });
    const keep = seed % 2 ? 3 : 1000;
    const book: Book = { cut: 1 };
    const steps = cutting(scene.files, book, 12, keep);
    let known: Piece[] = [];
    for (let look = 0; look < 6; look++) {
      const { cut } = book;
      const removed = Math.max(0, cut - keep);
      known = openParts(scene, { name: LOG }, COPY, known);
      const numbers = scene.numbers(known);
      if (book.cut !== cut) continue;
      same++;
      expectRow(numbers, `seed ${seed}: ${numbers}`);
      assert(numbers.length === 0 || numbers[0] <= 101 + removed, `seed ${seed}: ${numbers}`);
      const newest = numbers.at(-1) ?? 100;
      assert(newest >= Math.min(100 + cut - 1, 112), `seed ${seed}: ${numbers} ${cut}`);
    }
  }
  assert(same > 1000, `${same}`);
});

Deno.test("open parts: with gaps between the numbers, and what cannot be read", () => {
  const scene = new Scene(() => {});
  const open = scene.open.bind(scene);
  scene.files.set("web.log.900000", "p1").set("web.log.7", "p2").set("web.log.2", "p3");
  assertEquals(scene.numbers(openParts(scene, { name: LOG })), [1, 2, 3]);
  scene.pieces.clear();
  const hidden = Object.assign(Object.create(scene), {
    open: (name: string) => name === "web.log.7" ? undefined : open(name),
  });
  assertEquals(scene.numbers(openParts(hidden, { name: LOG })), [1, 3]);
});

Deno.test("open parts: a log that becomes its own part since it was opened is not there twice", () => {
  for (let at = 1; at < 12; at++) {
    let looks = 0;
    const scene = new Scene(() => {
      if (++looks === at) { for (const _ of becomesPart(scene.files, LOG, 10)); }
      else if (looks === at + 1) scene.files.set(LOG, "p3");
    });
    scene.files.set(partName(LOG, 1), "p1").set(LOG, "p2");
    const first = openParts(scene, { name: LOG, inode: "p2" });
    assertEquals(scene.numbers(first), [1], `${at}`);
    const second = openParts(scene, { name: LOG, inode: "p3" }, undefined, first);
    assertEquals(scene.numbers(second), looks > at ? [1, 2] : scene.numbers(second), `${at}`);
  }
});
