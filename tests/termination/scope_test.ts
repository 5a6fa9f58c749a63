import { assertEquals } from "@std/assert";
import { membersOf } from "../../src/termination/scope.ts";
import { kin, pids, PROCESSES, SELF, table } from "./kin.ts";

Deno.test("a tree: descendants, roots, groups, sessions", () => {
  assertEquals(pids(membersOf({ below: [SELF] }, PROCESSES, SELF)), [11, 12, 13, 15]);
  assertEquals(pids(membersOf({ roots: [{ pid: 20, startTicks: 20 }] }, PROCESSES, SELF)), [
    20,
    21,
  ]);
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

Deno.test("a tree: a root whose PID was given away is none, nor is what is below its heir", () => {
  const roots = [{ pid: 11, startTicks: 10 }, { pid: 20, startTicks: 20 }];
  assertEquals(pids(membersOf({ roots }, PROCESSES, SELF)), [20, 21]);
});

Deno.test("a tree: single processes belong to it without their descendants", () => {
  const single = [{ pid: 11, startTicks: 11 }, { pid: 20, startTicks: 19 }];
  assertEquals(pids(membersOf({ single }, PROCESSES, SELF)), [11]);
  assertEquals(pids(membersOf({ single, except: [11] }, PROCESSES, SELF)), []);
  assertEquals(
    pids(membersOf({ single: [{ pid: SELF, startTicks: SELF }] }, PROCESSES, SELF)),
    [],
  );
});

Deno.test("a tree: zombies have ended, unless threads live in them", () => {
  const ended = { ...kin(11, SELF, 11, 11, "Z") };
  const threads = { ...kin(12, SELF, 12, 12, "Z"), threads: 3 };
  const gone = { ...kin(13, SELF, 13, 13, "X") };
  const all = table(kin(SELF, 1, SELF), ended, threads, gone);
  assertEquals(pids(membersOf({ below: [SELF] }, all, SELF)), [12]);
});

Deno.test("a tree: a circle of parents in a torn snapshot ends", () => {
  const all = table(kin(11, 12, 11), kin(12, 11, 12));
  assertEquals(pids(membersOf({ below: [SELF] }, all, SELF)), []);
  assertEquals(pids(membersOf({ roots: [{ pid: 11, startTicks: 11 }] }, all, SELF)), [11, 12]);
});
