// Shared by the tests of `imp lab`: a scenario that was played, and queries on what was observed.
import { assert, assertEquals } from "@std/assert";
import type { Fact, What } from "../../src/lab/rules.ts";
import { e2e, type Sandbox } from "./harness.ts";
import { assertNothingLeft } from "./leftovers.ts";

/** An event in the JSON of a run. */
export interface Seen {
  at: number;
  pid: number;
  who: string;
  what: What;
  text: string;
  state: string | null;
  ppid: number | null;
  pgid: number | null;
  sid: number | null;
  tty: string | null;
  facts: Record<string, Fact> | null;
}

/** The JSON of one scenario. */
export interface Played {
  scenario: string;
  verdict: "holds" | "fails";
  ms: number;
  secondMs: number;
  events: Seen[];
  checks: { rule: string; kind: string; verdict: string; seen: boolean; why: string }[];
}

/** The events of a run. */
export class Run {
  constructor(readonly played: Played) {}

  /** The first event of that kind; fails if there is none. */
  the(what: What, who: string, text?: string | RegExp): Seen {
    const found = this.all(what, who, text)[0];
    assert(found, `${what} of ${who} ${text ?? ""} in ${this.tell()}`);
    return found;
  }

  all(what: What, who?: string, text?: string | RegExp): Seen[] {
    return this.played.events.filter((one) =>
      one.what === what && (who === undefined || one.who === who) &&
      (text === undefined || (typeof text === "string" ? one.text === text : text.test(one.text)))
    );
  }

  /** Lines in the order in which they were written, by all processes or by one. */
  lines(who?: string): string[] {
    return this.all("says", who).map(({ text }) => text);
  }

  /** Index of an event among all. */
  place(event: Seen): number {
    return this.played.events.indexOf(event);
  }

  /** Facts that were shown about a process. */
  facts(text: string): Record<string, Fact> {
    const found = this.played.events.find((one) => one.what === "shows" && one.text === text);
    if (!found?.facts) throw new Error(`${text} in ${this.tell()}`);
    return found.facts;
  }

  /** PIDs of all that were seen. */
  pids(): number[] {
    return [...new Set(this.played.events.map(({ pid }) => pid))];
  }

  private tell(): string {
    return this.played.events.map(({ who, what, text }) => `${who} ${what} ${text}`).join("\n");
  }
}

/** The scenarios that a test file is about: they are played together, since most of them sleep most of the time. */
const ids: string[] = [];
let played: Promise<Played[]> | undefined;

/** A test of one scenario: it was played, nothing of it is left, and this was observed. */
export function scenario(id: string, look: (run: Run) => void): void {
  ids.push(id);
  e2e(`lab ${id}`, async (box) => {
    const one = (await (played ??= playAll(box))).find(({ scenario }) => scenario === id)!;
    const failed = one.checks.filter(({ verdict }) => verdict === "fails");
    assertEquals({ failed, verdict: one.verdict }, { failed: [], verdict: "holds" });
    assert(one.checks.some(({ rule, verdict }) => /is left/.test(rule) && verdict === "holds"));
    look(new Run(one));
  });
}

async function playAll(box: Sandbox): Promise<Played[]> {
  const { stdout, stderr } = await lab(box, "--json", ...ids);
  assertEquals(stderr, "");
  assertNothingLeft(box);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

export function lab(box: Sandbox, ...args: string[]) {
  return box.imp(["lab", ...args], { env: { TMPDIR: box.directory } });
}
