export interface Rule {
  /** What must hold, as a statement. */
  readonly text: string;
  /**
   * `must`: judged. `race`: either outcome is correct, and it is only reported which one it was. `host`: depends on
   * something outside the scenario, such as how quickly PID 1 reaps; reported, not judged.
   */
  readonly kind: "must" | "race" | "host";
  judge(events: readonly LabEvent[]): RuleResult;
}

export interface RuleResult {
  readonly holds: boolean;
  /** The evidence, or what is missing. */
  readonly why: string;
}

export type Pattern = (event: LabEvent) => boolean;

/** A line that someone wrote; `who` is the name of a process or its beginning, such as `child`. */
export function says(line: string | RegExp, who?: string): Pattern {
  return ({ what, text, who: name }) =>
    what === "says" && (who === undefined || isNamed(name, who)) &&
    (typeof line === "string" ? text === line : line.test(text));
}

/** An event of that kind for a process. */
export function event(what: What, who?: string, text?: string | RegExp): Pattern {
  return (one) =>
    one.what === what && (who === undefined || isNamed(one.who, who)) &&
    (text === undefined || (typeof text === "string" ? one.text === text : text.test(one.text)));
}

/** It happens; exactly that often if a number is given. */
export function happens(text: string, pattern: Pattern, times?: number): Rule {
  return mustHold(text, (events) => {
    const found = events.filter(pattern);
    const right = times === undefined ? found.length > 0 : found.length === times;
    if (right) return yes(found.map(tell).slice(0, 3).join(", "));
    if (found.length === 0) return no("it was not seen");
    return no(`seen ${found.length} times: ${found.map(tell).join(", ")}`);
  });
}

/** It never happens. */
export function never(text: string, pattern: Pattern): Rule {
  return mustHold(text, (events) => {
    const found = events.find(pattern);
    return found ? no(`seen ${tell(found)}`) : yes("it did not happen");
  });
}

/** All of them happen, first occurrences in this order. */
export function inOrder(text: string, ...patterns: readonly Pattern[]): Rule {
  return mustHold(text, (events) => {
    const firsts = patterns.map((pattern) => events.findIndex(pattern));
    const missing = firsts.indexOf(-1);
    if (missing >= 0) return no(`number ${missing + 1} of the sequence was not seen`);
    const wrong = firsts.findIndex((at, i) => i > 0 && at < firsts[i - 1]);
    if (wrong < 0) return yes(firsts.map((at) => `${events[at].at} ms`).join(", "));
    return no(`${tell(events[firsts[wrong]])} came before ${tell(events[firsts[wrong - 1]])}`);
  });
}

/** Every event of one kind precedes all of the other, and both occur. */
export function allBefore(text: string, earlier: Pattern, later: Pattern): Rule {
  return mustHold(text, (events) => {
    const last = events.findLastIndex(earlier);
    const first = events.findIndex(later);
    if (last < 0) return no("the earlier was not seen");
    if (first < 0) return no("the later was not seen");
    return last < first
      ? yes(`${tell(events[last])}, then ${tell(events[first])}`)
      : no(`${tell(events[first])} came before ${tell(events[last])}`);
  });
}

/** Any other statement. If it holds, the answer may be just the evidence. */
export function mustHold(text: string, judge: (events: readonly LabEvent[]) => RuleResult): Rule {
  return { text, kind: "must", judge };
}

/** Whether it happens is a race that either side may win. */
export function race(text: string, pattern: Pattern): Rule {
  return {
    text,
    kind: "race",
    judge: (events) => {
      const found = events.find(pattern);
      return found ? yes(`this time it did: ${tell(found)}`) : no("this time it did not");
    },
  };
}

/** Which of two comes first is a race. */
export function raceBetween(text: string, one: Pattern, other: Pattern): Rule {
  const { judge } = inOrder(text, one, other);
  return {
    text,
    kind: "race",
    judge: (events) => judge(events).holds ? yes("this time it did") : no("this time it did not"),
  };
}

/** Like `rule`, but it depends on the host and is not judged. */
export function onThisHost(rule: Rule): Rule {
  return { ...rule, kind: "host" };
}

export function yes(why: string): RuleResult {
  return { holds: true, why };
}

export function no(why: string): RuleResult {
  return { holds: false, why };
}

/** What an event is called in an explanation. */
export function tell({ who, what, text, at }: LabEvent): string {
  const deed = what === "says" ? `'${text}'` : what === "ends" ? `end (${text})` : what;
  return `${deed} of ${who} at ${at} ms`;
}

function isNamed(name: string, who: string): boolean {
  return name === who || name.startsWith(`${who} `);
}

/**
 * `told`: a race or a fact about this host, where either outcome is correct, or something this kernel does not report.
 */
export type CheckVerdict = "holds" | "fails" | "told";

/** The result of one rule. */
export interface Check {
  readonly rule: string;
  readonly kind: Rule["kind"];
  readonly verdict: CheckVerdict;
  /** Whether the statement was true of this run; meaningful for races too. */
  readonly seen: boolean;
  readonly why: string;
}

/** Compares what was observed with what must hold. */
export function checkRules(rules: readonly Rule[], events: readonly LabEvent[]): Check[] {
  return rules.map(({ text: rule, kind, judge }) => {
    const { holds, why } = judge(events);
    const depends = dependsOnUntold(judge, events);
    if (depends !== undefined) return { rule, kind, verdict: "told", seen: holds, why: depends };
    const verdict = kind !== "must" ? "told" : holds ? "holds" : "fails";
    return { rule, kind, verdict, seen: holds, why };
  });
}

/** How a process may have ended. */
const ENDS = ["exit 0", "exit 1", "killed by INT", "killed by KILL", "killed by TERM"];

/** Whether a rule depends on how a process ended, where the kernel does not report that. @returns why */
function dependsOnUntold(
  judge: (events: readonly LabEvent[]) => RuleResult,
  events: readonly LabEvent[],
): string | undefined {
  const isUntold = ({ what, text }: LabEvent) => what === "ends" && text === UNTOLD;
  if (!events.some(isUntold)) return undefined;
  const answers = ENDS.map((text) =>
    judge(events.map((one) => isUntold(one) ? { ...one, text } : one)).holds
  );
  if (answers.every((holds) => holds === answers[0])) return undefined;
  const who = new Set(events.filter(isUntold).map(({ who }) => who));
  return `this kernel does not tell how ${[...who].join(", ")} ended`;
}

/** Whether a run was as it must be: nothing fails, and something was checked. */
export function isGood(checks: readonly Check[]): boolean {
  return checks.some(({ verdict }) => verdict === "holds") &&
    checks.every(({ verdict }) => verdict !== "fails");
}

/** The state of a process at one moment, from /proc/PID/stat. */
export interface Moment {
  /** The kernel's letter: R S D T Z … */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Controlling terminal; null without one. */
  readonly tty: string | null;
}

/**
 * Kinds of events:
 * - `starts`: the process was seen for the first time
 * - `says`: it wrote a line; the kernel confirms that it was the writer
 * - `adopted`: it has another parent
 * - `ends`: it has ended, seen as a zombie or no longer there; `text` says how
 * - `zombie`: it has ended and nobody waits for it
 * - `gone`: a zombie has been reaped
 * - `shows`: facts about it, read from the kernel
 * - `lab`: the lab itself did something
 */
export type What = "starts" | "says" | "adopted" | "ends" | "zombie" | "gone" | "shows" | "lab";

/** How another process's child ended, on a kernel whose pidfds do not report it. */
export const UNTOLD = "how, only its parent knows";

/** A fact: numbers and texts as the kernel gives them. */
export type Fact = string | number | boolean | null;
export type Facts = Readonly<Record<string, Fact>>;

export interface LabEvent {
  /** Milliseconds since the scenario began. */
  readonly at: number;
  readonly pid: number;
  /** The name of the process in the scenario: `main`, `child 1`. */
  readonly who: string;
  readonly what: What;
  readonly text: string;
  /** Null if it no longer existed. */
  readonly moment: Moment | null;
  readonly facts?: Facts;
}
