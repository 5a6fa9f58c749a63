import { assertEquals } from "@std/assert";
import { belongings } from "../../src/compare/belongings.ts";
import type { ProcStat } from "../../src/procfs/stat.ts";

const process = (pid: number, ppid: number, more: Partial<ProcStat> = {}): ProcStat => ({
  pid,
  comm: "x",
  state: "S",
  ppid,
  pgid: pid,
  sid: 1,
  ttyNumber: 0,
  foregroundPgid: -1,
  flags: 0,
  userTicks: 0,
  systemTicks: 0,
  nice: 0,
  threads: 1,
  startTicks: 5,
  residentPages: 0,
  exitStatus: 0,
  ...more,
});

function found(stats: ProcStat[], tags: Record<number, string>, sessions: number[] = []): number[] {
  const processes = new Map(stats.map((stat) => [stat.pid, stat]));
  return belongings({ token: "abc", sessions }, processes, (pid) => tags[pid]).map(({ pid }) =>
    pid
  );
}

const far = 4_000_000;

Deno.test("belongings: who carries the tag, and all descendants", () => {
  const stats = [
    process(1, 0),
    process(far, 1),
    process(far + 1, far),
    process(far + 2, far + 1),
    process(far + 3, 1),
    process(far + 4, 1),
  ];
  const tags = { [far]: "abc.daemon", [far + 3]: "abcd-other", [far + 4]: "xyz.daemon" };
  assertEquals(found(stats, tags), [far, far + 1, far + 2, far + 3]);
});

Deno.test("belongings: members of the sessions, whatever they carry", () => {
  const stats = [
    process(far, 1, { sid: far }),
    process(far + 1, 1, { sid: far }),
    process(far + 2, 1),
  ];
  assertEquals(found(stats, {}, [far]), [far, far + 1]);
});

Deno.test("belongings: zombies are nobody's any more, unless threads live in them", () => {
  const stats = [
    process(far, 1, { state: "Z" }),
    process(far + 1, 1, { state: "Z", threads: 3 }),
    process(far + 2, 1, { state: "X" }),
  ];
  const tags = { [far]: "abc", [far + 1]: "abc", [far + 2]: "abc" };
  assertEquals(found(stats, tags), [far + 1]);
});

Deno.test("belongings: never this process itself, nor PID 1", () => {
  const stats = [process(1, 0), process(Deno.pid, 1), process(far, Deno.pid)];
  assertEquals(found(stats, { 1: "abc", [Deno.pid]: "abc" }), []);
});

Deno.test("belongings: a circle of parents in a torn snapshot ends", () => {
  assertEquals(found([process(far, far + 1), process(far + 1, far)], {}), []);
  assertEquals(found([process(far, far + 1), process(far + 1, far)], { [far]: "abc" }), [
    far,
    far + 1,
  ]);
});
