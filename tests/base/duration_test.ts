import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatAge, formatDuration, isAhead, parseDuration } from "../../src/base/duration.ts";
import { UsageError } from "../../src/base/errors.ts";
import { anyText } from "./any_text.ts";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

Deno.test("durations: every unit, fractions, several in a row, seconds without a unit", () => {
  const table: [text: string, ms: number][] = [
    ["0", 0],
    ["5", 5000],
    ["0.25", 250],
    ["300ms", 300],
    ["5s", 5000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["30m1h", 5_400_000],
  ];
  for (const [text, ms] of table) assertEquals(parseDuration(text), ms, text);
});

Deno.test("durations: anything else is refused by name", () => {
  const bad = ["", " ", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "5x", "5sec", "5S", "1.s", ".5s"];
  const worse = ["1..5s", "1.5.5s", "5s6", "s5", "0x10", "1e3", "NaN", "Infinity", "５s", "5s\n"];
  for (const text of [...bad, ...worse]) {
    const error = assertThrows(() => parseDuration(text), UsageError, "", text);
    assertEquals(error.message, `'${text}' is not a duration`);
    assertEquals(error.hint, "write for example 300ms, 5s, 2m or 1h");
  }
});

Deno.test("durations: one that no number can hold is refused", () => {
  for (const text of ["9".repeat(400), `${"9".repeat(400)}s`, `${"9".repeat(30)}d`]) {
    assertThrows(() => parseDuration(text), UsageError, "is not a duration");
  }
});

Deno.test("durations: units add up, in any order", () => {
  const part = fc.tuple(
    fc.integer({ min: 0, max: 9999 }),
    fc.constantFrom(...Object.keys(UNITS) as (keyof typeof UNITS)[]),
  );
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
    const sum = parts.reduce((ms, [amount, unit]) => ms + amount * UNITS[unit], 0);
    assertEquals(parseDuration(parts.map((words) => words.join("")).join("")), sum);
  }));
});

Deno.test("durations: any text is read or refused, and never anything else", () => {
  fc.assert(fc.property(anyText(), (text) => {
    try {
      const ms = parseDuration(text);
      assertEquals(Number.isFinite(ms) && ms >= 0, true);
    } catch (error) {
      assertEquals(error instanceof UsageError, true, String(error));
    }
  }));
});

Deno.test("durations are formatted with at most two units", () => {
  const table: [ms: number, text: string][] = [
    [0, "0ms"],
    [850, "850ms"],
    [999, "999ms"],
    [999.7, "999ms"],
    [1000, "1s"],
    [12_340, "12.3s"],
    [59_999, "59.9s"],
    [60_000, "1m 00s"],
    [245_000, "4m 05s"],
    [3_599_999, "59m 59s"],
    [3_600_000, "1h 00m"],
    [12_000_000, "3h 20m"],
    [86_399_999, "23h 59m"],
    [86_400_000, "1d 0h"],
    [439_200_000, "5d 2h"],
  ];
  for (const [ms, text] of table) assertEquals(formatDuration(ms), text);
});

Deno.test("durations: how long ago it was, if the clock tells", () => {
  const table: [number, string][] = [
    [500, "500ms"],
    [0, "0ms"],
    [-1000, "0ms"],
    [-1001, "?"],
    [-86_400_000, "?"],
  ];
  for (const [ago, text] of table) {
    assertEquals(formatAge(10 ** 12 - ago, 10 ** 12), text);
    assertEquals(isAhead(10 ** 12 - ago, 10 ** 12), text === "?");
  }
});

Deno.test("durations: a formatted one can be read again, short by less than its last unit", () => {
  const step: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (ms) => {
    const text = formatDuration(ms);
    const again = parseDuration(text.replaceAll(" ", ""));
    const last = /(ms|s|m|h)$/.exec(text)![1];
    const lost = ms - again;
    assertEquals(lost >= 0 && lost < step[last], true, `${ms} was told as ${text}`);
  }));
});
