/** What must hold of the events of a run. */
export interface Rule {
  /** What must hold, as a statement. */
  readonly text: string;
  /**
   * `must`: judged. `race`: either outcome is right, it is only told which it was. `host`: depends on something outside
   * the scenario, such as how quickly PID 1 reaps; told, not judged.
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

/** A line that somebody wrote; `who` is the name of a process or the beginning of it, such as `child`. */
export function says(line: string | RegExp, who?: string): Pattern {
  return ({ what, text, who: name }) =>
    what === "says" && (who === undefined || isNamed(name, who)) &&
    (typeof line === "string" ? text === line : line.test(text));
}

/** An event of that kind about a process. */
export function event(what: What, who?: string, text?: string | RegExp): Pattern {
  return (one) =>
    one.what === what && (who === undefined || isNamed(one.who, who)) &&
    (text === undefined || (typeof text === "string" ? one.text === text : text.test(one.text)));
}

/** It happens, exactly that often where a number is given. */
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

/** All of them happen, and for the first time in this order. */
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

/** Each of the one kind comes before any of the other, and there are some of both. */
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

/** Any other statement. The answer may be the evidence alone when it holds. */
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

/** As `rule`, but it depends on the host and is not judged. */
export function onThisHost(rule: Rule): Rule {
  return { ...rule, kind: "host" };
}

export function yes(why: string): RuleResult {
  return { holds: true, why };
}

export function no(why: string): RuleResult {
  return { holds: false, why };
}

/** How an event is called in an explanation. */
export function tell({ who, what, text, at }: LabEvent): string {
  const deed = what === "says" ? `'${text}'` : what === "ends" ? `end (${text})` : what;
  return `${deed} of ${who} at ${at} ms`;
}

function isNamed(name: string, who: string): boolean {
  return name === who || name.startsWith(`${who} `);
}

/** `told`: a race or a fact about this host, where either outcome is right, or what this kernel does not tell. */
export type CheckVerdict = "holds" | "fails" | "told";

/** What became of one rule. */
export interface Check {
  readonly rule: string;
  readonly kind: Rule["kind"];
  readonly verdict: CheckVerdict;
  /** Whether the statement was true of this run; says something for races too. */
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

/** Whether a rule can only be judged by who knows how a process ended that the kernel does not tell of. @returns why */
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

/** What a process was at one moment, as /proc/PID/stat said. */
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
 * What an event is:
 * - `starts`: the process is there for the first time
 * - `says`: it wrote a line, which the kernel says came from it
 * - `adopted`: it has another parent
 * - `ends`: it has ended, seen as a zombie or no longer there; `text` tells how
 * - `zombie`: it has ended and nobody waits for it
 * - `gone`: a zombie has been waited for
 * - `shows`: facts about it, read from the kernel
 * - `lab`: the lab itself did something
 */
export type What = "starts" | "says" | "adopted" | "ends" | "zombie" | "gone" | "shows" | "lab";

/** How somebody else's child ended, on a kernel whose pidfds do not tell. */
export const UNTOLD = "how, only its parent knows";

/** A fact that was read: numbers and texts as the kernel gives them. */
export type Fact = string | number | boolean | null;
export type Facts = Readonly<Record<string, Fact>>;

/** Something that was observed. */
export interface LabEvent {
  /** Milliseconds since the scenario began. */
  readonly at: number;
  readonly pid: number;
  /** What the process is in the scenario: `main`, `child 1`. */
  readonly who: string;
  readonly what: What;
  readonly text: string;
  /** Null when it was no longer there. */
  readonly moment: Moment | null;
  readonly facts?: Facts;
}
