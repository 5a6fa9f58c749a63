import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { readRun } from "../../src/report/read_run.ts";
import { ReportRows, TIMED_OUT } from "../../src/report/rows.ts";
import { slotsOf } from "../../src/report/slots.ts";
import { viewOf } from "../../src/report/view.ts";

const HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
const read = (text: string) => readRun(new TextEncoder().encode(text), "log");

Deno.test("rows of GNU parallel and of imp are read alike", () => {
  const { rows, notes } = read(
    `${HEADER}1\tserver1\t1790000000.250\t     0.504\t0\t12\t0\t0\techo a\tb\0c\n` +
      "2\t:\t1790000000.300\t    -0.001\t0\t0\t-1\t15\tsleep 9\n" +
      "3\t:\t1790000001.000\t     1.000\t0\t0\t0\t9\t./c\n",
  );
  assertEquals(notes, []);
  assertEquals(rows.hosts, ["server1", ":"]);
  assertEquals(rows.start, [1790000000250, 1790000000300, 1790000001000]);
  assertEquals(rows.runtime, [504, 0, 1000]);
  assertEquals(rows.outcome, [0, TIMED_OUT, -9]);
  assertEquals(rows.command, ["echo a\tb\nc", "sleep 9", "./c"]);
});

Deno.test("a log that is being written has a last line that is not whole", () => {
  const whole = `${HEADER}1\t:\t1.000\t0.5\t0\t0\t0\t0\ta\n`;
  assertEquals(read(whole).notes, []);
  const { rows, notes } = read(`${whole}2\t:\t1.5`);
  assertEquals(rows.seq, [1]);
  assertEquals(notes.length, 1);
  for (let cut = 0; cut < whole.length; cut++) read(whole.slice(0, cut));
});

Deno.test("lines that are not rows are counted; what is not a log is refused", () => {
  const { rows, notes } = read(
    `${HEADER}x\ty\n1\t:\tNaN\t1\t0\t0\t0\t0\ta\n2\t:\t1\t1\t0\t0\t1\t0\tb\n`,
  );
  assertEquals([rows.length, notes.length], [1, 1]);
  for (const text of ["#!/bin/sh\n", "{}\n", "\x7fELF", "1 2 3\n"]) {
    assertThrows(() => read(text), ImpError, "not a job log");
  }
});

Deno.test("records of imp pool --json say more", () => {
  const record = {
    ...{ seq: 1, item: ["a", { base64: "//8=" }], start: "2026-11-30T10:00:00.000Z", seconds: 1.5 },
    ...{ outcome: "signal", exit: null, signal: "KILL", userSeconds: 0.5, systemSeconds: 0.25 },
    ...{ maxResidentBytes: 1 << 27, stdout: "out", stderr: "one\ntwo\n" },
  };
  const { rows } = read(`${JSON.stringify(record)}\n`);
  assertEquals(rows.outcome, [-9]);
  assertEquals(rows.cpu.get(0), 750);
  assertEquals(rows.memory.get(0), 1 << 27);
  assertEquals(rows.tails.get(0), "one\ntwo");
  assertEquals(rows.command, ["a (binary data)"]);
});

Deno.test("slots: a job takes the lowest that is free; each host has its own", () => {
  const rows = rowsOf([[0, 100], [0, 50], [51, 20], [99, 50], [110, 5]]);
  assertEquals([...slotsOf(rows).slots], [0, 1, 1, 0, 1]);
  const two = new ReportRows();
  for (const host of ["b", "a", "b"]) two.add({ ...ROW, host, seq: 1, start: 0, runtime: 10 });
  assertEquals(slotsOf(two), { slots: Int32Array.of(0, 2, 1), hostOfSlot: [0, 0, 1] });
});

Deno.test("no slot has two jobs at once, and there are no more slots than jobs at once", () => {
  const rows = rowsOf(Array.from({ length: 3000 }, (_, i) => [i * 7 % 1000, 20 + i * 31 % 90]));
  const { slots, hostOfSlot } = slotsOf(rows);
  const edges = rows.start.flatMap((at, i) => [[at + 2, 1], [at + rows.runtime[i], -1]])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0, most = 0;
  for (const [, step] of edges) most = Math.max(most, now += step);
  assertEquals(hostOfSlot.length, most);
  const free = new Map<number, number>();
  [...rows.start.keys()].sort((a, b) => rows.start[a] - rows.start[b]).forEach((i) => {
    assertEquals((free.get(slots[i]) ?? 0) <= rows.start[i] + 2, true);
    free.set(slots[i], rows.start[i] + rows.runtime[i]);
  });
});

Deno.test("a job that was done again counts once", () => {
  const rows = new ReportRows();
  rows.add({ ...ROW, seq: 1, start: 0, runtime: 5, exit: 1, command: "a" });
  rows.add({ ...ROW, seq: 1, start: 10, runtime: 5, exit: 0, command: "a" });
  rows.add({ ...ROW, seq: 1, start: 20, runtime: 5, exit: 1, command: "of another input" });
  const { jobs, failed, replaced, failures } = viewOf(rows);
  assertEquals({ jobs, failed, replaced, failures: [...failures] }, {
    ...{ jobs: 2, failed: 1, replaced: 1, failures: [2] },
  });
});

Deno.test("every job is in a bar of both charts", () => {
  for (const runs of [[[0, 0]], [[0, 1], [5, 100_000]], [[3, 7], [3, 7], [3, 7]]]) {
    const view = viewOf(rowsOf(runs));
    for (const bins of [view.rate, view.times]) {
      assertEquals(bins.reduce((sum, { good, bad }) => sum + good + bad, 0), runs.length);
    }
  }
});

const ROW = { host: ":", received: 0, exit: 0, signal: 0, command: "" };

function rowsOf(runs: number[][]): ReportRows {
  const rows = new ReportRows();
  runs.forEach(([start, runtime], i) => rows.add({ ...ROW, seq: i + 1, start, runtime }));
  return rows;
}
