import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { byAge, isEnding, parseStat, readStat } from "../../src/procfs/stat.ts";
import { anyText } from "../base/any_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const LINE = (comm: string) =>
  bytes(
    `4242 (${comm}) S 4000 4242 4000 34819 4000 4194304 95 0 0 0 7 3 0 0 20 5 2 0 99321 5627904 409 ` +
      "18446744073709551615 1 2 3 0 0 0 0 4096 1 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 256\n",
  );

Deno.test("a stat line is read field by field", () => {
  assertEquals(parseStat(LINE("sleep")), {
    pid: 4242,
    comm: "sleep",
    state: "S",
    ppid: 4000,
    pgid: 4242,
    sid: 4000,
    ttyNumber: 34819,
    foregroundPgid: 4000,
    flags: 4194304,
    userTicks: 7,
    systemTicks: 3,
    nice: 5,
    threads: 2,
    startTicks: 99321,
    residentPages: 409,
    exitStatus: 256,
  });
});

Deno.test("no name confuses the fields after it", () => {
  fc.assert(fc.property(anyText(15), (comm) => {
    const stat = parseStat(LINE(comm));
    assertEquals(stat?.comm, comm);
    assertEquals([stat?.state, stat?.ppid, stat?.startTicks], ["S", 4000, 99321]);
  }));
});

Deno.test("names made of what the line itself is made of", () => {
  for (const comm of [")", "(", ") R 1 2 3", "a (b) c", "\n", "a\n4243 (x", "", "()", "��"]) {
    assertEquals(parseStat(LINE(comm))?.comm, comm);
  }
});

Deno.test("cut text gives nothing, or a line that was whole enough", () => {
  const line = LINE("a) b");
  fc.assert(fc.property(fc.nat(line.length), (length) => {
    const stat = parseStat(line.slice(0, length));
    if (stat) assertEquals([stat.pid, stat.ppid, stat.sid], [4242, 4000, 4000]);
  }));
});

Deno.test("no text at all is a failure", () => {
  fc.assert(fc.property(anyText(), (text) => {
    parseStat(bytes(text));
  }));
});

Deno.test("a process finds itself", () => {
  assertEquals(readStat(Deno.pid)?.pid, Deno.pid);
  assertEquals(readStat("self")?.ppid, Deno.ppid);
  assertEquals(readStat(2 ** 22 + 1), undefined);
});

Deno.test("a byte order mark is a part of the name, and bytes that are not UTF-8 do no harm", () => {
  assertEquals(parseStat(LINE("\ufeffx"))?.comm, "\ufeffx");
  const line = LINE("x");
  line[line.indexOf(0x78)] = 0xff;
  assertEquals([parseStat(line)?.comm, parseStat(line)?.ppid], ["\ufffd", 4000]);
});

Deno.test("byAge: within a tick, the PID decides", () => {
  const all = [[7, 9], [7, 8], [6, 10]].map(([startTicks, pid]) => ({ startTicks, pid }));
  assertEquals(all.sort(byAge).map(({ pid }) => pid), [10, 8, 9]);
});

Deno.test("who is ending has no memory any more; a first thread that has ended is none", () => {
  const runs = parseStat(LINE("sleep"))!;
  assertEquals(isEnding(runs), false);
  const exits = { ...runs, flags: 4194304 | 4 };
  assertEquals([isEnding(exits), isEnding({ ...exits, residentPages: 0 })], [false, true]);
  assertEquals(isEnding({ ...exits, residentPages: 0, state: "Z" }), false);
});
