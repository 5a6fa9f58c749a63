import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../src/base/errors.ts";
import { columnsBy } from "../../../src/pool/source/columns.ts";
import { LINES, literals, Splitter } from "../../../src/pool/source/input.ts";
import { type ItemSource, JobItems } from "../../../src/pool/source/items.ts";
import { fileSources, parseSources, type SourceSpec } from "../../../src/pool/source/sources.ts";
import { b, shown, shownAll } from "../bytes.ts";

function words(texts: string[], linked = false): ItemSource {
  return { records: literals(texts.map(b)), linked };
}

/** Up to `most` items that can be made without reading. */
function take(items: JobItems, most = 100): string[] {
  const taken: string[] = [];
  while (taken.length < most) {
    const got = items.take();
    if (typeof got !== "object") return [...taken, String(got)];
    taken.push(shownAll(got.fields).join(" "));
  }
  return taken;
}

Deno.test("one source", () => {
  const items = new JobItems([words(["a", "b"])]);
  assertEquals(items.count, 2);
  assertEquals(take(items), ["a", "b", "end"]);
  assertEquals(take(items), ["end"]);
});

Deno.test("crossed sources: the last one goes fastest", () => {
  const items = new JobItems([words(["a", "b"]), words(["1", "2"]), words(["x"])]);
  assertEquals(items.count, 4);
  assertEquals(take(items), ["a 1 x", "a 2 x", "b 1 x", "b 2 x", "end"]);
});

Deno.test("a source without items makes none", () => {
  assertEquals(take(new JobItems([words(["a", "b"]), words([]), words(["x"])])), ["end"]);
  assertEquals(take(new JobItems([words([]), words(["x"])])), ["end"]);
});

Deno.test("linked sources reach as far as the shorter one", () => {
  const items = new JobItems([words(["a", "b"]), words(["1", "2", "3"], true), words(["x", "y"])]);
  assertEquals(items.count, 4);
  assertEquals(take(items), ["a 1 x", "a 1 y", "b 2 x", "b 2 y", "end"]);
});

Deno.test("--link begins shorter sources again", () => {
  const items = new JobItems(
    [words(["1", "2"]), words(["I", "II", "III"]), words(["a", "b", "c", "d", "e"])],
    undefined,
    true,
  );
  assertEquals(items.count, 5);
  assertEquals(take(items), ["1 I a", "2 II b", "1 III c", "2 I d", "1 II e", "end"]);
});

Deno.test("columns of all sources count on", () => {
  const items = new JobItems([words(["A-B", "C-D"]), words(["e-f"], true)], columnsBy("-"));
  assertEquals(take(items), ["A B e f", "end"]);
  assertEquals(take(new JobItems([words(["A-B"])], columnsBy("-"))), ["A B", "end"]);
});

Deno.test("nothing is read before it is needed, and what waits goes on", () => {
  const first = new Splitter(LINES, "first");
  const second = new Splitter(LINES, "second");
  const items = new JobItems([
    { records: first, linked: false },
    { records: second, linked: false },
    words(["x"], true),
  ]);
  assertEquals(items.count, undefined);
  assertEquals(take(items), ["0"]);
  first.push(b("a\nb\n"));
  assertEquals(take(items), ["1"]);
  second.push(b("1\n2"));
  assertEquals(take(items), ["a 1 x", "1"]);
  second.finish();
  assertEquals(take(items), ["b 1 x", "0"]);
  first.finish();
  assertEquals(take(items), ["end"]);
});

Deno.test("an endless source beside short ones takes no memory", () => {
  let n = 0;
  const endless = { take: () => b(String(n++)) };
  const items = new JobItems(
    [{ records: endless, linked: false }, words(["a", "b"])],
    undefined,
    true,
  );
  assertEquals(take(items, 100_000).at(-1), "99999 b");
  // deno-lint-ignore no-explicit-any
  const [group] = (items as any).groups;
  assertEquals(group.rows.length + group.members[0].kept.length, 0);
});

Deno.test("all combinations, each once, in order", () => {
  const source = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 });
  fc.assert(fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), (sources) => {
    const all = sources.reduce<string[][]>(
      (rows, values) => rows.flatMap((row) => values.map((value) => [...row, value])),
      [[]],
    );
    const items = new JobItems(sources.map((values) => words(values)));
    assertEquals(items.count, all.length);
    assertEquals(take(items, 1000), [...all.map((row) => row.join(" ")), "end"]);
  }));
});

function told(source: SourceSpec): string {
  const link = source.linked ? "+" : "";
  if (source.from === "stdin") return `stdin${link}`;
  return source.from === "file"
    ? `file${link} ${shown(source.path)}`
    : `words${link} ${shownAll(source.words).join(" ")}`;
}

Deno.test("sources on the command line", () => {
  const { command, sources } = parseSources(
    ["cp", "{}", ":::", "a", "b", ":::+", "c", "::::", "f", "-", "::::+", "g", ":::"].map(b),
  );
  assertEquals(shownAll(command), ["cp", "{}"]);
  assertEquals(sources.map(told), [
    ...["words a b", "words+ c", "file f", "stdin", "file+ g"],
    "words ",
  ]);
  assertEquals(parseSources([b("echo"), b("::"), b(":::::")]).sources, []);
  assertThrows(() => parseSources([b("echo"), b(":::+"), b("a")]), UsageError);
  assertThrows(() => parseSources([b("echo"), b("::::")]), UsageError);
  assertEquals(fileSources([b("f"), b("-")], false).map(told), ["file f", "stdin"]);
  assertEquals(fileSources([b("f"), b("g")], true).map(told), ["file f", "file+ g"]);
});
