// What the tests of `imp lab` share: a scenario as it was played, asked for what was observed.
import { assert, assertEquals } from "@std/assert";
import type { Fact, What } from "../../src/lab/event.ts";
import { e2e, type Sandbox } from "./harness.ts";

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

  /** The first event of that kind; fails when there is none. */
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

  /** Lines in the order in which they were written, by everybody or by one. */
  lines(who?: string): string[] {
    return this.all("says", who).map(({ text }) => text);
  }

  /** Place of an event among all. */
  place(event: Seen): number {
    return this.played.events.indexOf(event);
  }

  /** Facts that were shown about somebody. */
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

/**
 * A test of one scenario: plays it, sees to it that nothing is left, and looks at what was observed.
 * @param speed faster than usual only where no rule depends on who sleeps longer
 */
export function scenario(id: string, look: (run: Run) => void, speed = "4"): void {
  e2e(`lab ${id}`, async (box) => {
    const { code, stdout, stderr } = await lab(box, "--json", id, "--speed", speed);
    const played = JSON.parse(stdout) as Played;
    const failed = played.checks.filter(({ verdict }) => verdict === "fails");
    assertEquals({ failed, stderr, code }, { failed: [], stderr: "", code: 0 });
    assertEquals([played.scenario, played.verdict], [id, "holds"]);
    assert(played.checks.some(({ verdict }) => verdict === "holds"));
    look(new Run(played));
    assertNothingLeft(box);
  });
}

export function lab(box: Sandbox, ...args: string[]) {
  return box.imp(["lab", ...args], { env: { TMPDIR: box.directory } });
}

export function assertNothingLeft(box: Sandbox): void {
  assertEquals(directoriesOf(box), []);
  assertEquals(box.processes(), []);
}

/** What is left of directories. */
export function directoriesOf(box: Sandbox): string[] {
  return [...Deno.readDirSync(box.directory)].map(({ name }) => name)
    .filter((name) => name.startsWith("imp-"));
}
