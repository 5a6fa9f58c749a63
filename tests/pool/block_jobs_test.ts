import fc from "fast-check";
import { O_RDONLY } from "../../src/libc/abi.ts";
import { assertEquals } from "@std/assert";
import { closeFile, openFile, readToEnd } from "../../src/libc/descriptors/files.ts";
import { BlockJobs, type BlockRule } from "../../src/pool/block_jobs.ts";
import { bytesOf, hashTwice } from "../../src/pool/bytes.ts";
import { firstCut, lastCut, type RecordShape } from "../../src/pool/record.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
/** Few letters, so that ends and starts occur often, and overlap. */
const stream = fc.array(fc.constantFrom("a", "b", "\n"), { maxLength: 60 }).map((all) =>
  all.join("")
);
const shape: fc.Arbitrary<[end: string, start: string]> = fc.constantFrom(
  ["\n", ""],
  ["", "a"],
  ["", "ab"],
  ["\n", "a"],
  ["aa", ""],
  ["b\n", "ab"],
);

/** Every place between two records, looked for in the plainest way. */
function cuts(whole: string, [end, start]: [string, string]): number[] {
  return Array.from({ length: whole.length + 1 }, (_, at) => at).filter((at) =>
    at > 0 && whole.slice(0, at).endsWith(end) && whole.slice(at).startsWith(start)
  );
}

function shapeOf([end, start]: [string, string]): RecordShape {
  return { end: bytesOf(end), start: bytesOf(start) };
}

function blocksOf(whole: string, rule: BlockRule): string[] {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, whole);
    const fd = openFile(path, O_RDONLY);
    const jobs = new BlockJobs(fd, path, rule, () => false);
    const blocks: string[] = [];
    while (!jobs.ended) {
      const job = jobs.next();
      if (!job) {
        jobs.read();
        continue;
      }
      assertEquals(job.seq, blocks.length + 1);
      const input = job.input!.open();
      blocks.push(text(readToEnd(input, "a block")));
      assertEquals(blocks.at(-1)!.length, job.input!.size);
      if (rule.digests) assertEquals(job.input!.digest, digestOf(blocks.at(-1)!));
      closeFile(input);
      job.input!.release();
    }
    assertEquals(jobs.next(), undefined);
    assertEquals(jobs.total, blocks.length);
    closeFile(fd);
    return blocks;
  } finally {
    Deno.removeSync(path);
  }
}

function digestOf(block: string): string {
  const halves = new Int32Array(2);
  hashTwice(bytesOf(block), halves);
  return [...halves].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

const OTHERWISE = { size: Infinity, records: Infinity, digests: false };

Deno.test("cuts are found where records meet, and nowhere else", () => {
  fc.assert(fc.property(stream, shape, fc.nat(60), (whole, ends, from) => {
    const all = cuts(whole, ends);
    const bytes = bytesOf(whole);
    const range = { begin: 0, from, to: whole.length, limit: whole.length };
    assertEquals(firstCut(bytes, shapeOf(ends), range), all.find((at) => at > from) ?? -1);
    const up = { ...range, from: 0, to: Math.min(from, whole.length) };
    assertEquals(lastCut(bytes, shapeOf(ends), up), all.findLast((at) => at <= from) ?? -1);
  }));
});

Deno.test("blocks are the whole stream, cut between records, as long as the size allows", () => {
  fc.assert(fc.property(stream, shape, fc.integer({ min: 1, max: 20 }), (whole, ends, size) => {
    const blocks = blocksOf(whole, { ...OTHERWISE, shape: shapeOf(ends), size });
    assertEquals(blocks.join(""), whole);
    let at = 0;
    for (const block of blocks.slice(0, -1)) {
      // As in the rest of the stream: what is before a block does not make a record's end together with it.
      const rest = cuts(whole.slice(at), ends);
      const fitting = rest.filter((cut) => cut <= size && cut >= ends[0].length).at(-1);
      assertEquals(block.length, fitting ?? rest.find((cut) => cut > size), JSON.stringify(whole));
      at += block.length;
    }
  }));
});

Deno.test("blocks have so many records, the last one the rest", () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[ab]{0,5}$/)),
      fc.integer({ min: 1, max: 4 }),
      (lines, n) => {
        const whole = lines.map((line) => `${line}\n`).join("");
        const rule = { ...OTHERWISE, shape: shapeOf(["\n", ""]), records: n };
        const blocks = blocksOf(whole, rule);
        assertEquals(blocks.join(""), whole);
        assertEquals(
          blocks.map((block) => block.split("\n").length - 1),
          Array.from(
            { length: Math.ceil(lines.length / n) },
            (_, i) => Math.min(n, lines.length - i * n),
          ),
        );
      },
    ),
  );
});

Deno.test("a record that is longer than a block, and than what is read at once, stays whole", () => {
  const long = "x".repeat(300_000);
  const whole = `a\n${long}\nb\nc`;
  const lines = shapeOf(["\n", ""]);
  assertEquals(blocksOf(whole, { ...OTHERWISE, shape: lines, size: 1000 }), [
    "a\n",
    `${long}\n`,
    "b\nc",
  ]);
  assertEquals(blocksOf(whole, { ...OTHERWISE, shape: lines, records: 1 }), [
    "a\n",
    `${long}\n`,
    "b\n",
    "c",
  ]);
});

Deno.test("records that are longer than any buffer are whole, between others, and known by what they hold", () => {
  for (const [end, start] of [["\n", ""], ["", ">"], ["</r>\n", "<r>"]]) {
    const lengths = [3, 200_000, 5, 70_000, 1, 131_073, 2_500_000, 4];
    const records = lengths.map((length, i) => start + String(i).repeat(length) + end);
    const whole = records.join("");
    for (const size of [1, 70_000]) {
      const blocks = blocksOf(whole, {
        ...OTHERWISE,
        shape: shapeOf([end, start]),
        size,
        digests: true,
      });
      assertEquals(blocks.join("") === whole, true);
      const long = records.filter(({ length }) => length > 70_000);
      assertEquals(long.every((record) => blocks.includes(record)), true, `${end} ${size}`);
      if (size === 1) assertEquals(blocks.length, records.length);
    }
    const three = blocksOf(whole, { ...OTHERWISE, shape: shapeOf([end, start]), records: 3 });
    assertEquals(
      three.map(({ length }) => length),
      [0, 3, 6].map((at) => records.slice(at, at + 3).join("").length),
    );
  }
});
