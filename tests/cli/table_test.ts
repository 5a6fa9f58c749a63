import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  alignColumns,
  displayWidth,
  foldColumns,
  markdownTable,
  spareColumns,
  wrapText,
} from "../../src/cli/table.ts";

Deno.test("columns are as wide as their widest cell, and lines end without spaces", () => {
  assertEquals(
    alignColumns([["pid", "state", "program"], ["1", "S", "init"], ["31337", "", ""]]),
    ["pid    state  program", "1      S      init", "31337"],
  );
  assertEquals(alignColumns([]), []);
  assertEquals(alignColumns([["only one", "b"], ["x"]]), ["only one  b", "x"]);
});

Deno.test("columns: what stands on a terminal counts, not the number of characters", () => {
  assertEquals(displayWidth("守护进程"), 8);
  assertEquals(displayWidth("é"), 1);
  assertEquals(displayWidth("\x1b[31mred\x1b[39m"), 3);
  assertEquals(alignColumns([["守护", "|"], ["\x1b[1mab\x1b[22m", "|"], ["abcd", "|"]]), [
    "守护  |",
    "\x1b[1mab\x1b[22m    |",
    "abcd  |",
  ]);
});

Deno.test("columns: every cell begins where its column begins", () => {
  const cell = fc.stringMatching(/^[a-z]{1,12}$/);
  const rows = fc.integer({ min: 1, max: 5 }).chain((columns) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 })
  );
  fc.assert(fc.property(rows, (table) => {
    const lines = alignColumns(table);
    table[0].forEach((_, column) => {
      const width = (i: number) => Math.max(...table.map((row) => row[i].length)) + 2;
      const start = Array.from({ length: column }, (_, i) => width(i)).reduce((a, b) => a + b, 0);
      table.forEach((row, i) => assert(lines[i].slice(start).startsWith(row[column])));
    });
  }));
});

Deno.test("a Markdown table has one line for each row, whatever is in its cells", () => {
  assertEquals(markdownTable(["style", "who"], [["setsid", "init"], ["a|b", "two\nlines"]]), [
    "| style | who |",
    "| --- | --- |",
    "| setsid | init |",
    "| a\\|b | two lines |",
  ]);
});

Deno.test("text is broken at spaces, and a word that is too long stands alone", () => {
  assertEquals(wrapText("one two three", 7), ["one two", "three"]);
  assertEquals(wrapText("one two three", 7, "  "), ["  one", "  two", "  three"]);
  assertEquals(wrapText("a incomprehensibilities b", 10), ["a", "incomprehensibilities", "b"]);
  assertEquals(wrapText("", 10), []);
  assertEquals(wrapText("守护 进程 后台", 9), ["守护 进程", "后台"]);
});

Deno.test("text that is broken loses no word and keeps to the width", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,15}$/), { minLength: 1 });
  fc.assert(fc.property(words, fc.integer({ min: 15, max: 80 }), (given, width) => {
    const lines = wrapText(given.join(" "), width);
    assertEquals(lines.join(" ").split(" "), given);
    for (const line of lines) assert(line.length <= width);
  }));
});

Deno.test("a table too wide is folded: each part begins with the first column", () => {
  const rows = [["A", "BB", "CCC", "D"], ["1", "22", "333", "4"]];
  assertEquals(foldColumns(rows, 100), [rows]);
  assertEquals(foldColumns(rows, 10), [
    [["A", "BB", "CCC"], ["1", "22", "333"]],
    [["A", "D"], ["1", "4"]],
  ]);
  assertEquals(foldColumns(rows, 1).map((part) => part[0]), [["A", "BB"], ["A", "CCC"], [
    "A",
    "D",
  ]]);
});

Deno.test("columns that can be spared go first, and only as many as must", () => {
  const rows = [["PID", "USER", "AGE", "COMMAND"], ["1", "root", "5s", "sleep 1000000000000"]];
  assertEquals(spareColumns(rows, ["USER", "AGE"], Infinity, 20)[0], rows[0]);
  assertEquals(spareColumns(rows, ["USER", "AGE"], 30, 20)[0], ["PID", "AGE", "COMMAND"]);
  assertEquals(spareColumns(rows, ["USER", "AGE"], 10, 20)[0], ["PID", "COMMAND"]);
});
