import { assert, assertEquals } from "@std/assert";
import { alignColumns, displayWidth } from "../../src/cli/table.ts";
import {
  afterTable,
  beforeTable,
  notes,
  shortTarget,
  streamCell,
} from "../../src/compare/layout.ts";
import type { Comparison, MeasuredRow, Row } from "../../src/compare/rows.ts";
import {
  alive,
  bashClosed,
  daemonPicture,
  dead,
  job,
  nohupPicture,
  started,
} from "./sample_rows.ts";

function cellsOf(table: { header: readonly string[]; rows: readonly (readonly string[])[] }) {
  return table.rows.map((row) => Object.fromEntries(table.header.map((name, i) => [name, row[i]])));
}

Deno.test("beforeTable: one row per style, every cell from its picture", () => {
  const [foreground, , nohup, , , daemon] = cellsOf(beforeTable(bashClosed));
  assertEquals(foreground, {
    STYLE: "foreground",
    PID: "200",
    PARENT: "100 bash",
    PGID: "200",
    SID: "100",
    LEADS: "group",
    TTY: "pts/3",
    FG: "yes",
    SIGHUP: "default",
    CWD: ".",
    UMASK: "022",
    "FD 0, 1, 2": "3 × pts/3",
    "3+": "-",
  });
  assertEquals([nohup.SIGHUP, nohup["FD 0, 1, 2"]], ["ignored", "null, 2 × nohup.out"]);
  assertEquals([daemon.PARENT, daemon.TTY, daemon.FG, daemon.CWD], ["1 init", "none", "-", "/"]);
});

Deno.test("afterTable: the living, the dead, and what was not measured", () => {
  const rows: Row[] = [
    dead("background"),
    alive("nohup", nohupPicture),
    alive("setsid", job(), "EIO"),
    alive("daemon", daemonPicture),
    started("foreground", "the shell is waiting"),
    { is: "unmeasured", style: "disown", why: "dash has no disown" },
  ];
  const { rows: cells } = afterTable(rows);
  assertEquals(cells, [
    ["&", "no", "HUP", "HUP", "-", "-", "terminal (3 lines)"],
    ["nohup &", "yes", "none", "-", "1 init", "none", "nohup.out: 39 bytes, then 39 more"],
    ["setsid", "yes", "none", "-", "1 init", "none", "terminal (3 lines), then EIO"],
    ["imp daemon", "yes", "none", "-", "1 init", "none", "/dev/null"],
    ["foreground", "n/a", "-", "-", "-", "-", "the shell is waiting"],
  ]);
});

Deno.test("afterTable: a program that is seen from outside only", () => {
  const row = dead("background");
  const output = { ...row.after.output, onTerminal: null, before: null, after: null };
  const outside: MeasuredRow = {
    ...row,
    after: { ...row.after, signals: null, endedBy: null, descendants: 2, output },
  };
  assertEquals(afterTable([outside]).rows[0].slice(1), [
    "no",
    "?",
    "?",
    "-",
    "-",
    "terminal; 2 processes of it still run",
  ]);
});

Deno.test("tables fit a terminal of 120 columns, with the longest PIDs", () => {
  const long = 4_194_303;
  const rows = bashClosed.map((row) => ({
    ...row,
    before: { ...row.before, pid: long, ppid: long, pgid: long, sid: long },
  }));
  for (const { header, rows: cells } of [beforeTable(rows), afterTable(rows)]) {
    for (const line of alignColumns([header, ...cells])) {
      assert(displayWidth(line) <= 120, `${displayWidth(line)} columns: ${line}`);
    }
  }
});

Deno.test("a stopped job is mentioned", () => {
  const stopped = job({ stopped: true });
  assertEquals(cellsOf(beforeTable([alive("background", stopped)]))[0].FG, "stopped");
  assertEquals(cellsOf(afterTable([alive("background", stopped)]))[0].ALIVE, "stopped");
});

Deno.test("streamCell: what is the same is named once", () => {
  const [tty, file] = [job().streams[0]!, nohupPicture.streams[1]!];
  assertEquals(streamCell([tty, tty, tty]), "3 × pts/3");
  assertEquals(streamCell([null, file, file]), "closed, 2 × nohup.out");
  assertEquals(streamCell([tty, file, tty]), "pts/3, nohup.out, pts/3");
  assertEquals(shortTarget({ target: "pipe:[7]", kind: "pipe", gone: false }), "pipe:[7]");
});

Deno.test("notes: missing styles, and the meaning of ?", () => {
  const missing: Row = { is: "unmeasured", style: "disown", why: "dash has no disown" };
  const comparison = (rows: Row[], program: string[] | null): Comparison => ({
    shell: "dash",
    shellPath: "/bin/dash",
    by: "close",
    program,
    rows,
  });
  assertEquals(notes(comparison([missing], null)), ["`& disown` is missing: dash has no disown."]);
  assertEquals(notes(comparison([missing], ["sleep"])).length, 1);
  assertEquals(notes(comparison([dead("background")], ["sleep"])).length, 1);
});
