import { assertEquals } from "@std/assert";
import { scopeOf } from "../../src/family/orphan_remedies.ts";
import { family, stat } from "./relatives.ts";

Deno.test("scopeOf: groups and sessions only where they consist of members", () => {
  const members = [
    stat({ pid: 11, pgid: 10, sid: 10 }),
    stat({ pid: 12, ppid: 11, pgid: 12, sid: 10 }),
    stat({ pid: 13, ppid: 11, pgid: 13, sid: 13 }),
  ];
  const all = family(...members, { pid: 20, pgid: 10, sid: 10 });
  assertEquals(scopeOf(members, all), {
    roots: [11, 12, 13].map((pid) => ({ pid, startTicks: pid })),
    groups: [12, 13],
    sessions: [13],
  });
});

Deno.test("scopeOf: a PID that was given away takes no group with it", () => {
  const members = [stat({ pid: 11, pgid: 11, sid: 11 })];
  const { groups, sessions } = scopeOf(members, family({ pid: 11, startTicks: 999 }));
  assertEquals([groups, sessions], [[], []]);
});

Deno.test("scopeOf: group 0 is everybody outside the namespace", () => {
  const members = [stat({ pid: 11, pgid: 0, sid: 0 })];
  const { groups, sessions } = scopeOf(members, family(...members));
  assertEquals([groups, sessions], [[], []]);
});
