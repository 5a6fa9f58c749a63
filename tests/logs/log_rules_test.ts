import { assert, assertEquals } from "@std/assert";
import { nextLook } from "../../src/logs/watch/check_pace.ts";
import { cutLogLines, LONGEST_LOG_LINE } from "../../src/logs/write/line_cutter.ts";
import {
  formatJson,
  formatTimed,
  longestForm,
  syslogRecord,
  timeOfLine,
} from "../../src/logs/write/line_format.ts";
import { logMode, mayNeedWatch, modeNeedsWatch } from "../../src/logs/write/mode.ts";
import { logFiles } from "../../src/logs/place.ts";
import type { LogSettings } from "../../src/logs/settings.ts";
import { positionAt, thinned } from "../../src/logs/times.ts";

const RAW: LogSettings = { stdout: "/l/web.log", keep: 5, format: "raw", target: "file" };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the way of a log: by its settings, and by what its file system can", () => {
  const limited = { ...RAW, maxBytes: 1 };
  const table: [LogSettings, number, string][] = [
    [RAW, 0, "direct"],
    [RAW, 4096, "direct"],
    [limited, 4096, "cut"],
    [limited, 0, "pipe"],
    [{ ...limited, reopenSignal: 10 }, 0, "rename"],
    [{ ...limited, reopenSignal: 10 }, 4096, "cut"],
    [{ ...RAW, format: "time" }, 4096, "pipe"],
    [{ ...limited, format: "json" }, 4096, "pipe"],
    [{ ...RAW, target: "syslog" }, 4096, "pipe"],
  ];
  for (const [log, unit, mode] of table) {
    const found = logMode(log, unit);
    assertEquals(found, mode, JSON.stringify([log, unit]));
    // Who may need it is known before the place of the log is.
    assert(!modeNeedsWatch(found) || mayNeedWatch(log));
  }
});

Deno.test("the files of a log: none, one for both outputs, one for each", () => {
  const { stdout: _, ...none } = RAW;
  assertEquals(logFiles(none), []);
  assertEquals(logFiles(RAW).map(({ stream }) => stream), ["stdout"]);
  assertEquals(logFiles({ ...RAW, stderr: "/l/web.log" }).length, 1);
  assertEquals(logFiles({ ...RAW, stderr: "/l/err" }).map(({ path }) => path), [
    "/l/web.log",
    "/l/err",
  ]);
  assertEquals(logFiles({ ...none, stderr: "/l/err" }).map(({ stream }) => stream), ["stderr"]);
});

Deno.test("a log is looked at the more often the faster it grows, and not at all when it is quiet", () => {
  const growth = { size: 0, before: 0, elapsedMs: 1000, quietMs: 0, most: 10_000_000 };
  assertEquals(nextLook(growth), 1000);
  assertEquals(nextLook({ ...growth, size: 1000 }), 1000);
  assertEquals(nextLook({ ...growth, size: 8_000_000 }), 125);
  assertEquals(nextLook({ ...growth, size: 9_999_000 }), 20);
  assertEquals(nextLook({ ...growth, size: 20_000_000 }), 20);
  assertEquals(nextLook({ ...growth, before: 5_000_000 }), 1000, "it was cut");
  assertEquals(nextLook({ ...growth, quietMs: 10_000 }), "quiet");
});

Deno.test("lines of raw output: cut at the same places, however much is known", () => {
  const cut = (text: string, over = false) =>
    cutLogLines(bytes(text), 100, over).map((
      line,
    ) => [new TextDecoder().decode(line.bytes), line.end]);
  assertEquals(cut("a\n\nbc\nd"), [["a", 102], ["", 103], ["bc", 106]]);
  assertEquals(cut("a\nd", true), [["a", 102], ["d", 103]]);
  assertEquals(cut("", true), []);
  const long = "x".repeat(LONGEST_LOG_LINE);
  assertEquals(cut(long), []);
  assertEquals(cut(long + "\n"), [[long, 101 + LONGEST_LOG_LINE]]);
  assertEquals(cut(long + "y"), [[long, 100 + LONGEST_LOG_LINE]]);
  assertEquals(cut(long + "y\n"), [[long, 100 + LONGEST_LOG_LINE], ["y", 102 + LONGEST_LOG_LINE]]);
});

Deno.test("lines with times, as JSON, and when they were written", () => {
  const now = Date.UTC(2026, 10, 30, 8, 12, 5, 123);
  const out = new Uint8Array(300);
  const timed = formatTimed(bytes("hello there"), 0, 5, now, out, 0);
  assertEquals(text(out.subarray(0, timed)), "2026-11-30T08:12:05.123Z hello\n");
  assertEquals(timeOfLine(text(out.subarray(0, timed)), "time"), now);
  const json = formatJson("stderr")(new Uint8Array([1, 34, 255, 10 ** 2]), 1, 4, now, out, 0);
  const line = text(out.subarray(0, json));
  assertEquals(JSON.parse(line), {
    time: "2026-11-30T08:12:05.123Z",
    stream: "stderr",
    line: '"\udcffd',
  });
  assertEquals(timeOfLine(line, "json"), now);
  assertEquals(timeOfLine("no time", "time"), undefined);
  assertEquals(timeOfLine("{}", "json"), undefined);
  assertEquals(formatTimed(bytes("x".repeat(300)), 0, 300, now, out, 0), -1);
  const worst = new Uint8Array(1000).fill(1);
  assert(formatJson("stdout")(worst, 0, 1000, now, new Uint8Array(longestForm(1000)), 0) > 0);
});

Deno.test("records for syslog: priority, name, and no more than receivers take", () => {
  assertEquals(text(syslogRecord("web", undefined, bytes("hi"))), "<30>web: hi");
  assertEquals(text(syslogRecord("web@2", 7, bytes("hi"))), "<30>web@2[7]: hi");
  assertEquals(syslogRecord("web", 7, new Uint8Array(9999)).length, 2048);
});

Deno.test("what is known of a time: the last mark before it", () => {
  const marks = [{ at: 10, position: 0 }, { at: 20, position: 5 }, { at: 30, position: 50 }];
  assertEquals(positionAt(marks, 5), undefined);
  assertEquals(positionAt(marks, 20), marks[1]);
  assertEquals(positionAt(marks, 29), marks[1]);
  assertEquals(positionAt(marks, 99), marks[2]);
  const many = Array.from({ length: 100 }, (_, i) => ({ at: i, position: i }));
  const fewer = thinned(many);
  assertEquals([fewer.length, fewer[0].at, fewer.at(-1)?.at], [75, 0, 99]);
});
