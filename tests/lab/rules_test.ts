import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  allBefore,
  checkRules,
  event as isEvent,
  happens,
  inOrder,
  isGood,
  mustHold,
  never,
  no,
  onThisHost,
  race,
  says,
  yes,
} from "../../src/lab/rules.ts";

import { anyRun, event } from "./events.ts";

const a = says("a"), b = says("b");
const noise = (text: string) => event({ what: "shows", who: "noise", text });

Deno.test("patterns: who is a name or the beginning of one", () => {
  const line = event({ who: "child 1", text: "task_0 is starting" });
  assert(says("task_0 is starting")(line));
  assert(says(/^task_\d is/, "child")(line));
  assert(says(/^task/, "child 1")(line));
  assert(!says(/^task/, "chil")(line));
  assert(!says(/^task/, "child 11")(line));
  assert(!says("task_0")(line), "a text is the whole line");
  assert(isEvent("ends", "main", /^exit/)(event({ what: "ends", text: "exit 3" })));
  assert(!isEvent("ends", "main", "exit")(event({ what: "ends", text: "exit 3" })));
});

Deno.test("happens and never are opposites", () => {
  fc.assert(fc.property(anyRun, (run) => {
    assertEquals(happens("", a).judge(run).holds, !never("", a).judge(run).holds);
    const times = run.filter(a).length;
    assert(happens("", a, times).judge(run).holds);
    assert(!happens("", a, times + 1).judge(run).holds);
  }));
});

Deno.test("inOrder looks at first times only, and needs all", () => {
  fc.assert(fc.property(anyRun, (run) => {
    const [first, second] = [run.findIndex(a), run.findIndex(b)];
    assertEquals(inOrder("", a, b).judge(run).holds, first >= 0 && second > first);
    assert(!(inOrder("", a, b).judge(run).holds && inOrder("", b, a).judge(run).holds));
  }));
});

Deno.test("allBefore: no later one before any earlier one", () => {
  fc.assert(fc.property(anyRun, (run) => {
    const { holds } = allBefore("", a, b).judge(run);
    const places = (pattern: typeof a) => run.flatMap((one, at) => pattern(one) ? [at] : []);
    const every = places(a).every((x) => places(b).every((y) => x < y));
    assertEquals(holds, every && places(a).length > 0 && places(b).length > 0);
    if (holds) assert(inOrder("", a, b).judge(run).holds);
  }));
});

Deno.test("what nobody asked for changes no verdict", () => {
  const rules = [happens("", a), happens("", b, 2), never("", says("c")), inOrder("", a, b)];
  fc.assert(fc.property(anyRun, fc.nat(20), (run, at) => {
    const more = [...run.slice(0, at), noise("a"), ...run.slice(at)];
    const verdicts = (events: typeof run) =>
      checkRules(rules, events).map(({ verdict }) => verdict);
    assertEquals(verdicts(more), verdicts(run));
  }));
});

Deno.test("races and facts of the host are reported, never judged", () => {
  fc.assert(fc.property(anyRun, (run) => {
    const rules = [race("", a), onThisHost(never("", a))];
    const checks = checkRules(rules, run);
    assertEquals(checks.map(({ verdict }) => verdict), ["told", "told"]);
    assertEquals(checks.map(({ seen }) => seen), [run.some(a), !run.some(a)]);
  }));
});

Deno.test("a run is good when nothing fails, and something was judged", () => {
  const holds = mustHold("", () => yes("")), fails = mustHold("", () => no("")), told = race("", a);
  assert(isGood(checkRules([holds, told], [])));
  assert(!isGood(checkRules([holds, fails], [])));
  assert(!isGood(checkRules([told], [])), "nothing was judged");
  assert(!isGood(checkRules([], [])));
});
