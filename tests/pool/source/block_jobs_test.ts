import fc from "fast-check";
import { O_RDONLY } from "../../../src/libc/abi.ts";
import { assert, assertEquals } from "@std/assert";
import { closeFile, openFile, readToEnd } from "../../../src/libc/descriptors/files.ts";
import { BlockJobs, type BlockRule } from "../../../src/pool/source/block_jobs.ts";
import { bytesOf, hashTwice } from "../../../src/pool/bytes.ts";
import { cutsAt, cutsMatching, type RecordCuts } from "../../../src/pool/source/record_cuts.ts";
import { parseHeader } from "../../../src/pool/source/stream_header.ts";

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
  ["", ""],
);

/** Every place between two records, looked for in the plainest way. */
function cuts(whole: string, [end, start]: [string, string]): number[] {
  return Array.from({ length: whole.length + 1 }, (_, at) => at).filter((at) =>
    at > 0 && whole.slice(0, at).endsWith(end) && whole.slice(at).startsWith(start)
  );
}

function cutsOf([end, start]: [string, string]): RecordCuts {
  return cutsAt(bytesOf(end), bytesOf(start));
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
    const range = { begin: 0, from, to: whole.length, limit: whole.length, final: true };
    assertEquals(cutsOf(ends).first(bytes, range), all.find((at) => at > from) ?? -1);
    const up = { ...range, from: 0, to: Math.min(from, whole.length) };
    assertEquals(cutsOf(ends).last(bytes, up), all.findLast((at) => at <= from) ?? -1);
  }));
});

Deno.test("blocks are the whole stream, cut between records, as long as the size allows", () => {
  fc.assert(fc.property(stream, shape, fc.integer({ min: 1, max: 20 }), (whole, ends, size) => {
    const blocks = blocksOf(whole, { ...OTHERWISE, cuts: cutsOf(ends), size });
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
        const rule = { ...OTHERWISE, cuts: cutsOf(["\n", ""]), records: n };
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
  const lines = cutsOf(["\n", ""]);
  assertEquals(blocksOf(whole, { ...OTHERWISE, cuts: lines, size: 1000 }), [
    "a\n",
    `${long}\n`,
    "b\nc",
  ]);
  assertEquals(blocksOf(whole, { ...OTHERWISE, cuts: lines, records: 1 }), [
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
        cuts: cutsOf([end, start]),
        size,
        digests: true,
      });
      assertEquals(blocks.join("") === whole, true);
      const long = records.filter(({ length }) => length > 70_000);
      assertEquals(long.every((record) => blocks.includes(record)), true, `${end} ${size}`);
      if (size === 1) assertEquals(blocks.length, records.length);
    }
    const three = blocksOf(whole, { ...OTHERWISE, cuts: cutsOf([end, start]), records: 3 });
    assertEquals(
      three.map(({ length }) => length),
      [0, 3, 6].map((at) => records.slice(at, at + 3).join("").length),
    );
  }
});

/** As regular expressions the same, of which some have other lengths. */
const pattern: fc.Arbitrary<[end: string, start: string]> = fc.constantFrom(
  ["\\n", ""],
  ["", "a"],
  ["\\n", "[ab]"],
  ["aa", ""],
  ["$\\n", "^a"],
  ["[b\\n]", "a(?:b|$)"],
);

Deno.test("by regular expressions: the same cuts as those of the whole, and nothing is lost", () => {
  fc.assert(fc.property(stream, pattern, fc.integer({ min: 1, max: 20 }), (whole, ends, size) => {
    const blocks = blocksOf(whole, { ...OTHERWISE, cuts: cutsMatching(...ends), size });
    assertEquals(blocks.join(""), whole);
    const records = blocksOf(whole, { ...OTHERWISE, cuts: cutsMatching(...ends), records: 1 });
    const meet = RegExp(`(?<=${ends[0]})(?=${ends[1]})`, "m");
    assertEquals(records.join(""), whole);
    for (const record of records.slice(0, -1)) assert(record !== "");
    assertEquals(records.slice(0, -1).every((one) => !meet.test(one.slice(1, -1))), true);
  }));
});

Deno.test("by regular expressions: records longer than a buffer, and cuts at its edge", () => {
  const lines = Array.from({ length: 40 }, (_, i) => `#${i}\n${"x".repeat(i * 9973)}\n`);
  for (const rule of [{ records: 1 }, { size: 1 }]) {
    const cuts = cutsMatching("\\n", "^#\\d+$");
    assertEquals(blocksOf(lines.join(""), { ...OTHERWISE, cuts, ...rule }), lines);
  }
});

Deno.test("each block begins with the header", () => {
  const blocks = (whole: string, header: string, records = 2) =>
    blocksOf(whole, {
      ...OTHERWISE,
      cuts: cutsOf(["\n", ""]),
      records,
      header: parseHeader(header),
    });
  assertEquals(blocks("h\n1\n2\n3\n", ":"), ["h\n1\n2\n", "h\n3\n"]);
  assertEquals(blocks("a\nb\n1\n2\n", "2"), ["a\nb\n1\n2\n"]);
  assertEquals(blocks("#a\n#b\n1\n2\n3\n", "(#.*\\n)*"), ["#a\n#b\n1\n2\n", "#a\n#b\n3\n"]);
  assertEquals(blocks("1\n2\n", "(#.*\\n)*"), ["1\n2\n"]);
  assertEquals([blocks("h\n", ":"), blocks("h", ":"), blocks("", ":")], [[], [], []]);
  const long = `${"h".repeat(300_000)}\n`;
  assertEquals(blocks(`${long}1\n`, ":"), [`${long}1\n`]);
});
