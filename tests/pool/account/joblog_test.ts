import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  beginsJoblog,
  formatJoblogRow,
  JOBLOG_HEADER,
  joblogRow,
  rowReader,
} from "../../../src/pool/account/joblog.ts";
import type { JobEnd, JoblogRow, JobResult } from "../../../src/pool/types.ts";
import { anyWord, b, shown } from "../bytes.ts";
import { skip } from "../../skip.ts";

function result(end: JobEnd): JobResult {
  return {
    job: { seq: 12, items: { fields: [] } },
    startedAt: 1_700_000_000_123,
    endedAt: 1_700_000_001_623,
    attempt: 1,
    sent: 0,
    received: 5,
    end,
  };
}

function exitAndSignal(end: JobEnd): [number, number] | undefined {
  const row = joblogRow(result(end), b("c"));
  return row && [row.exit, row.signal];
}

const KILLED = { how: "signal", signal: 9, core: false } as const;

Deno.test("endings in GNU parallel's terms", () => {
  assertEquals(exitAndSignal({ by: "itself", ending: { how: "exit", code: 3 } }), [3, 0]);
  assertEquals(exitAndSignal({ by: "itself", ending: KILLED }), [0, 9]);
  assertEquals(exitAndSignal({ by: "timeout", ending: KILLED }), [-1, 15]);
  assertEquals(exitAndSignal({ by: "start", errno: "ENOENT" }), [127, 0]);
  assertEquals(exitAndSignal({ by: "start", errno: "E2BIG" }), [126, 0]);
  assertEquals(exitAndSignal({ by: "stop", ending: KILLED }), undefined);
});

Deno.test("a row in GNU parallel's columns", () => {
  const row = joblogRow(
    result({ by: "itself", ending: { how: "exit", code: 0 } }),
    b("echo 'a\nb'"),
  );
  assertEquals(
    shown(formatJoblogRow(row!)),
    "12\t:\t1700000000.123\t     1.500\t0\t5\t0\t0\techo 'a\0b'\n",
  );
});

const rows: fc.Arbitrary<JoblogRow> = fc.record({
  seq: fc.nat(),
  host: fc.constant(":"),
  start: fc.nat().map((ms) => ms / 1000),
  runtime: fc.nat().map((ms) => ms / 1000),
  sent: fc.nat(),
  received: fc.nat(),
  exit: fc.integer({ min: -1, max: 255 }),
  signal: fc.nat(64),
  command: anyWord,
});

Deno.test("rows are read back as they were written, tabs and newlines in the command included", () => {
  const read = rowReader();
  fc.assert(fc.property(rows, (row) => {
    const line = formatJoblogRow(row);
    assertEquals(line.indexOf(0x0a), line.length - 1);
    const { seq, exit, signal, command } = row;
    assertEquals(read(line.subarray(0, -1)), { seq, exit, signal, command });
  }));
});

Deno.test("anything else is not a row", () => {
  const read = rowReader();
  const lines = ["", "x", "1\t:\t1\t1\t0\t0\t0\t0", "\t:\t1\t1\t0\t0\t0\t0\tc", "\0\0\0\0"];
  const more = [
    "x\t:\t1\t1\t0\t0\t0\t0\tc",
    "1\t:\t1\t1\t0\t0\t-\t0\tc",
    "1\t:\t1\t1\t0\t0\t0\t 0\tc",
  ];
  for (const line of [...lines, ...more, shown(JOBLOG_HEADER)]) {
    assertEquals(read(b(line)), undefined, line);
  }
  assertEquals(read(b("1\t:\t1795211249.296\t     0.000\t0\t4\t-1\t15\techo a"))?.exit, -1);
});

Deno.test("GNU parallel's own job log is read", async ({ name }) => {
  const home = await Deno.makeTempDir();
  try {
    const log = `${home}/log`;
    const args = ["--will-cite", "--joblog", log, "-j1", "-0", "exit", ":::", "0", "3"];
    await new Deno.Command("parallel", { args, env: { PARALLEL_HOME: home } }).output();
    const lines = (await Deno.readTextFile(log)).split("\n").map(b);
    const read = rowReader();
    const told = lines.map((line) => {
      const row = read(line);
      return row && [row.seq, row.exit, shown(row.command)];
    });
    assertEquals(told.filter((row) => row !== undefined), [
      [1, 0, "exit 0"],
      [2, 3, "exit 3"],
    ]);
    assertEquals(shown(lines[0]) + "\n", shown(JOBLOG_HEADER));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    skip(name, "GNU parallel is not installed");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a job log is known by its header, a part of it, or rows", () => {
  const is = (text: string) => beginsJoblog(new TextEncoder().encode(text));
  assert(is("") && is("Seq\tHo") && is("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval"));
  assert(is("12\thost\t1795571030.873\t     0.033\t0\t13\t0\t0\techo"));
  assert(!is("Sequel") && !is("127.0.0.1 localhost\n") && !is("12\tx\n") && !is("\0\0\0"));
});
