import { MAX_ARG_STRLEN } from "../../src/libc/abi_files.ts";
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { argumentRoom, Packer, type Packing, wordsCost } from "../../src/pool/source/packer.ts";
import type { Item } from "../../src/pool/types.ts";
import { compileTemplate, type Template } from "../../src/pool/template/template.ts";
import { anyWord, b, shown } from "./bytes.ts";

function item(text: string): Item {
  return { fields: [b(text)] };
}

/** Whether the kernel takes these words; it answers E2BIG before it runs anything. */
async function kernelTakes(path: string, words: string[], environment: Record<string, string>) {
  try {
    const { success } = await new Deno.Command(path, {
      args: words,
      env: environment,
      clearEnv: true,
      stdout: "null",
    }).output();
    return success;
  } catch (error) {
    assertEquals((error as { code?: string }).code, "E2BIG");
    return false;
  }
}

function stackLimit(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(/^Max stack size +(\d+)/m.exec(limits)?.[1] ?? Infinity);
}

Deno.test("the room for arguments is the kernel's, to the byte", async () => {
  const path = "/bin/true";
  const room = argumentRoom(stackLimit(), [b("A=b")], b(path));
  for (const [over, fits] of [[0, true], [1, false]] as const) {
    const words = filling(room - wordsCost([b(path)]) + over);
    assertEquals(wordsCost([b(path), ...words.map(b)]), room + over);
    assertEquals(await kernelTakes(path, words, { A: "b" }), fits);
  }
});

/** Words that cost so much. */
function filling(cost: number): string[] {
  const most = 100_000;
  const count = Math.ceil(cost / (most + 9));
  return Array.from({ length: count }, (_, i) => {
    const own = Math.floor(cost * (i + 1) / count) - Math.floor(cost * i / count);
    return "x".repeat(own - 9);
  });
}

Deno.test("one word may be as long as the kernel takes it", async () => {
  for (const length of [MAX_ARG_STRLEN - 1, MAX_ARG_STRLEN]) {
    assertEquals(await kernelTakes("/bin/true", ["a".repeat(length)], {}), length < MAX_ARG_STRLEN);
  }
});

Deno.test("limits of the stack", () => {
  const room = (stack: number) => argumentRoom(stack, [], "") + 1;
  assertEquals(room(8 * 2 ** 20), 2 * 2 ** 20);
  assertEquals(room(Infinity), 6 * 2 ** 20);
  assertEquals(room(1000), 131_072);
});

function pack(template: Template, packing: Packing, items: Item[]) {
  const packer = new Packer(template, packing);
  const jobs = items.map((item) => packer.add(item)).filter((job) => job !== undefined);
  for (let rest = packer.end(); rest; rest = packer.end()) jobs.push(rest);
  return jobs;
}

/** Jobs as lists of their values. */
function told(jobs: Item[]): string[] {
  return jobs.map(({ fields }) => fields.map(shown).join(" "));
}

Deno.test("so many items in a job", () => {
  const template = compileTemplate([b("echo")]);
  const items = ["a", "b", "c", "d", "e"].map(item);
  assertEquals(told(pack(template, { most: 2, room: 1e6 }, items)), ["a b", "c d", "e"]);
  assertEquals(told(pack(template, { most: 1, room: 1e6 }, items)), ["a", "b", "c", "d", "e"]);
  assertEquals(told(pack(template, { most: Infinity, room: 1e6 }, items)), ["a b c d e"]);
  assertEquals(told(pack(template, { most: Infinity, room: 1e6 }, [])), []);
});

Deno.test("the last items are spread over the jobs that run at once, as evenly as GNU parallel does", () => {
  const template = compileTemplate([b("echo")]);
  const items = Array.from("abcdefghij", item);
  const spread = (jobs: number, most = Infinity) => {
    const packing = { most, room: 1e6, spread: () => jobs };
    const texts = told(pack(template, packing, items));
    assertEquals(new Packer(template, packing).jobsOf(10) ?? texts.length, texts.length);
    return texts;
  };
  assertEquals(spread(1), ["a b c d e f g h i j"]);
  assertEquals(spread(2), ["a b c d e", "f g h i j"]);
  assertEquals(spread(3), ["a b c d", "e f g h", "i j"]);
  assertEquals(spread(8), ["a b", "c d", "e f", "g h", "i j"]);
  assertEquals(spread(100).length, 10);
  assertEquals(spread(3, 4), ["a b c d", "e f g h", "i", "j"]);
});

Deno.test("how many jobs it will be", () => {
  const jobs = (most: number) =>
    new Packer(compileTemplate([b("echo")]), { most, room: 1e6 }).jobsOf(5);
  assertEquals([1, 2, 5, Infinity].map(jobs), [5, 3, 1, undefined]);
});

Deno.test("a full job does not wait for the next item", () => {
  const packer = new Packer(compileTemplate([b("echo")]), { most: 2, room: 1e6 });
  assertEquals(packer.add(item("a")), undefined);
  assertEquals(told([packer.add(item("b"))!]), ["a b"]);
  assertEquals(packer.end(), undefined);
});

Deno.test("an item that is too long is a job of its own", () => {
  const template = compileTemplate([b("echo")]);
  const long = "x".repeat(500);
  const jobs = pack(template, { most: Infinity, room: 200 }, ["a", "b", long, "c"].map(item));
  assertEquals(told(jobs), ["a b", long, "c"]);
});

const TEMPLATES = [["{}"], ["x{}y{.}", "{#}"], ["{//}", "{1}", "-{2}-", "{/}"], ["a", "{-1}{}"]];

Deno.test("no packed job is longer than there is room, and no item is lost", () => {
  const items = fc.array(fc.record({ fields: fc.array(anyWord, { minLength: 1, maxLength: 3 }) }), {
    maxLength: 30,
  });
  const shape = fc.tuple(fc.constantFrom(...TEMPLATES), fc.boolean());
  fc.assert(fc.property(items, shape, fc.nat(400), (items, [words, context], extra) => {
    const template = compileTemplate([b("prog"), ...words.map(b)], { context });
    const room = 150 + extra;
    const jobs = pack(template, { most: Infinity, room }, items);
    assertEquals(jobs.flatMap(({ fields }) => fields), items.flatMap(({ fields }) => fields));
    const left = [...items];
    for (const job of jobs) {
      const cost = wordsCost(template.render(job, 123_456, 12));
      const [first] = left;
      for (let values = job.fields.length; values > 0;) values -= left.shift()!.fields.length;
      const alone = job.fields.length === first.fields.length;
      assert(alone || cost <= room, `${cost} > ${room}`);
    }
  }));
});
