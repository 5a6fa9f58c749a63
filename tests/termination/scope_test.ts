import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Kin, membersOf, targetsFor } from "../../src/termination/scope.ts";

const kin = (pid: number, ppid: number, pgid: number, sid = pgid, state = "S"): Kin => ({
  pid,
  ppid,
  pgid,
  sid,
  state,
  startTicks: pid,
  comm: `p${pid}`,
});
const table = (...all: Kin[]) => new Map(all.map((one) => [one.pid, one]));
const pids = (all: readonly Kin[]) => all.map(({ pid }) => pid).sort((a, b) => a - b);

const SELF = 10;
const PROCESSES = table(
  kin(1, 0, 1),
  kin(SELF, 1, SELF, 5),
  kin(11, SELF, 11, 5),
  kin(12, 11, 11, 5),
  kin(13, SELF, 13, 13), // a session of its own
  kin(14, 13, 13, 13, "Z"),
  kin(15, 12, SELF, 5), // in our own group
  kin(20, 1, 20, 20),
  kin(21, 20, 11, 5), // a stranger in group 11
);

Deno.test("a tree: descendants, roots, groups, sessions", () => {
  assertEquals(pids(membersOf({ below: [SELF] }, PROCESSES, SELF)), [11, 12, 13, 15]);
  assertEquals(pids(membersOf({ roots: [20] }, PROCESSES, SELF)), [20, 21]);
  assertEquals(pids(membersOf({ groups: [11] }, PROCESSES, SELF)), [11, 12, 15, 21]);
  assertEquals(pids(membersOf({ sessions: [13] }, PROCESSES, SELF)), [13]);
  assertEquals(
    pids(membersOf({ sessions: [5] }, PROCESSES, SELF)),
    [11, 12, 15, 21],
    "never itself",
  );
});

Deno.test("a tree: who is excepted is so with all descendants, whatever else they are in", () => {
  const except = (scope: Parameters<typeof membersOf>[0], ...pids: number[]) =>
    membersOf({ ...scope, except: pids }, PROCESSES, SELF).map(({ pid }) => pid);
  assertEquals(except({ below: [SELF] }, 11), [13]);
  assertEquals(except({ groups: [11], sessions: [13] }, 11), [13, 21]);
  assertEquals(except({ sessions: [5] }, 20, 12), [11]);
});

Deno.test("a tree: whole groups are signalled at one stroke, mixed ones and our own one by one", () => {
  const members = membersOf({ below: [SELF] }, PROCESSES, SELF);
  const told = targetsFor(members, PROCESSES, SELF)
    .map((target) => "group" in target ? -target.group : target.process.pid);
  assertEquals(told.sort((a, b) => a - b), [-13, 11, 12, 15]);
});

const anyProcesses = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom("S", "R", "Z"),
  ),
  { minLength: 12, maxLength: 12 },
).map((rows) =>
  table(...rows.map(([ppid, pgid, state], i) => kin(i + 1, ppid, pgid, pgid, state)))
);

Deno.test("a tree: every member is reached exactly once and nobody else, whatever /proc shows", () => {
  fc.assert(fc.property(anyProcesses, fc.integer({ min: 1, max: 12 }), (processes, self) => {
    const members = membersOf({ below: [self] }, processes, self);
    const ownGroup = processes.get(self)!.pgid;
    const reached = targetsFor(members, processes, ownGroup).flatMap((target) =>
      "process" in target
        ? [target.process.pid]
        : [...processes.values()].filter(({ pgid, state }) =>
          pgid === target.group && state !== "Z"
        ).map(({ pid }) => pid)
    );
    assertEquals(reached.sort((a, b) => a - b), pids(members));
  }));
});
