// Runs that went wrong: each must be noticed.
import { assert, assertEquals } from "@std/assert";
import { checkRules, isGood, type LabEvent, UNTOLD } from "../../src/lab/rules.ts";
import { SCENARIOS } from "../../src/lab/scenarios/mod.ts";
import { event } from "./events.ts";

const PIDS: Record<string, number> = { main: 100, "child 1": 101, foo: 101, bar: 102 };

/** Lines `who: what text`, where `what` is an event or, in quotes, something said. */
function run(...lines: string[]): LabEvent[] {
  return lines.map((line, at) => {
    const [, who, what, text] = /^(.*?): (?:(says|starts|ends|zombie|gone|adopted) ?)?(.*)$/.exec(
      line,
    )!;
    const pid = PIDS[who];
    const ppid = who === "main" ? 1 : PIDS.main;
    const moment = { state: what === "zombie" ? "Z" : "S", ppid, pgid: 100, sid: 100, tty: null };
    return event({ at, pid, who, what: (what ?? "says") as LabEvent["what"], text, moment });
  });
}

function isNoticed(id: string, events: LabEvent[]): boolean {
  return !isGood(checkRules(SCENARIOS.find((one) => one.id === id)!.rules, events));
}

/** A correct run, and what must not be missing from it or added to it. */
function check(
  id: string,
  right: string[],
  { needed = right, added = [] }: { needed?: string[]; added?: string[] },
): void {
  Deno.test(`lab ${id}: a wrong run is noticed`, () => {
    const failed = checkRules(SCENARIOS.find((one) => one.id === id)!.rules, run(...right))
      .filter(({ verdict }) => verdict === "fails");
    assertEquals(failed, [], "the right one holds");
    for (const line of needed) {
      assert(isNoticed(id, run(...right.filter((one) => one !== line))), `without ${line}`);
    }
    for (const line of added) assert(isNoticed(id, run(...right, line)), `with ${line}`);
  });
}

check("no-join", [
  "main: starts",
  "main: main starting",
  "main: main ending",
  ...[0, 1, 2].flatMap((n) => [`child 1: task_${n} is starting`, `child 1: task_${n} is ending`]),
  "child 1: ends exit 0",
  "main: ends exit 0",
], {
  needed: [
    "main: main starting",
    "main: main ending",
    "child 1: task_2 is ending",
    "main: ends exit 0",
  ],
  added: ["child 1: ends exit 0"],
});

check("daemon-dies-with-main", [
  "main: starts",
  "child 1: starts",
  "main: main begins",
  "main: main's code ends",
  "child 1: ends killed by TERM",
  "main: ends exit 0",
], {
  needed: ["main: main begins", "child 1: ends killed by TERM", "main: ends exit 0"],
  added: ["child 1: child is ending"],
});

// Without the child's lines it is what one tutorial says that this program prints.
check("daemon-join", [
  "main: starts",
  "child 1: starts",
  "child 1: 101 is running",
  "child 1: 101 is done",
  "main: main",
  "child 1: ends exit 0",
  "main: ends exit 0",
], {
  needed: [
    "child 1: 101 is running",
    "child 1: 101 is done",
    "main: main",
    "child 1: ends exit 0",
    "main: ends exit 0",
  ],
  added: ["main: something else"],
});

check("daemon-and-plain", [
  "main: starts",
  "foo: starts",
  "bar: starts",
  "main: main-------",
  "bar: 456",
  "foo: ends killed by TERM",
  "bar: end456",
  "bar: ends exit 0",
  "main: ends exit 0",
], {
  needed: ["main: main-------", "bar: 456", "bar: end456", "foo: ends killed by TERM"],
  added: ["foo: end123"],
});

check("daemon-no-children", [
  "main: starts",
  "child 1: starts",
  "child 1: child 1 is running",
  "child 1: Error: daemonic processes are not allowed to have children",
  "child 1: ends exit 1",
  "main: main",
  "main: ends exit 0",
], { needed: ["child 1: starts", "child 1: ends exit 1", "main: main"], added: ["bar: starts"] });

check("daemon-thread", [
  "main: starts",
  "main: 100 is running",
  "main: main",
  "main: ends exit 0",
], {
  needed: ["main: 100 is running", "main: main", "main: ends exit 0"],
  added: ["main: 100 is done", "main: main"],
});

check("daemon-thread-and-plain", [
  "main: starts",
  "main: 456",
  "main: 123",
  "main: main-------",
  "main: end123",
  "main: end456",
  "main: ends exit 0",
], { added: ["bar: starts", "bar: end123"] });

Deno.test("lab: a child that main did not outlast is noticed", () => {
  const right = [
    "main: main begins",
    "main: main's code ends",
    "child 1: child is starting",
    "child 1: child is ending",
    "child 1: ends exit 0",
    "main: ends exit 0",
  ];
  assert(!isNoticed("child-outlives-code", run(...right)));
  const [end, main] = right.slice(-2);
  assert(isNoticed("child-outlives-code", run(...right.slice(0, -2), main, end)));
});

Deno.test("lab: a zombie of somebody else is noticed", () => {
  const events = (ppid: number) =>
    run("main: starts", "child 1: starts", "child 1: ends exit 7", "child 1: zombie").map((one) =>
      one.what === "zombie" ? { ...one, moment: { ...one.moment!, ppid } } : one
    );
  const { rules } = SCENARIOS.find(({ id }) => id === "zombie")!;
  const rule = rules.find(({ text }) => text.includes("its parent is main"))!;
  assert(rule.judge(events(PIDS.main)).holds);
  assert(!rule.judge(events(1)).holds);
});

Deno.test("lab: what holds of an empty run says that something is absent", () => {
  for (const { id, rules } of SCENARIOS) {
    for (const { text, kind, judge } of rules) {
      if (kind !== "must" || !judge([]).holds) continue;
      assert(/\bnever\b|\bno\b|\bnot\b/.test(text), `${id}: ${text}`);
    }
  }
});

Deno.test("lab: how a process ended that the kernel does not tell of is not guessed", () => {
  const lines = [
    "main: starts",
    "child 1: starts",
    "child 1: 101 is running",
    "child 1: 101 is done",
  ];
  const ends = (how: string) =>
    run(...lines, `child 1: ends ${how}`, "main: main", "main: ends exit 0");
  const verdicts = (how: string) => {
    const checks = checkRules(SCENARIOS.find(({ id }) => id === "daemon-join")!.rules, ends(how));
    return checks.map(({ verdict }) => verdict);
  };
  assertEquals(verdicts("exit 0"), ["holds", "holds", "holds", "holds"]);
  assertEquals(verdicts("killed by TERM"), ["holds", "fails", "holds", "holds"]);
  assertEquals(verdicts(UNTOLD), ["holds", "told", "holds", "holds"]);
  const { rules } = SCENARIOS.find(({ id }) => id === "daemon-dies-with-main")!;
  const told = checkRules(rules, ends(UNTOLD)).find(({ rule }) => /was terminated/.test(rule))!;
  assertEquals([told.verdict, told.why], ["told", "this kernel does not tell how child 1 ended"]);
});
