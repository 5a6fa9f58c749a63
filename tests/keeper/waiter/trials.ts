// Defines the tests of waiters: plain_trials.ts, kernel_trials.ts, and what only native code can be tested for.
import { assert, assertEquals } from "@std/assert";
import { eventually, isRoot } from "../../e2e/harness.ts";
import { skip } from "../../skip.ts";
import { type Candidate, pause, Stage, statusOf, switches, type Trial } from "./stage.ts";
import { OF_GUARD, PLAIN, python } from "./plain_trials.ts";
import { AS_ROOT, OF_KERNEL } from "./kernel_trials.ts";
import { PINGS } from "./ping_trials.ts";

/** Defines the tests of a candidate. */
export function tryWaiter(candidate: Candidate): void {
  const trials = {
    ...PLAIN,
    ...PINGS,
    ...OF_KERNEL,
    ...candidate.native ? NATIVE : {},
    ...AS_ROOT,
  };
  for (const [title, trial] of Object.entries(trials)) {
    const name = `waiter, ${candidate.name}: ${title}`;
    Deno.test({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        if (title in AS_ROOT && !isRoot) return skip(name, "it needs root");
        if (title === OF_GUARD && !python()) {
          return skip(name, "python3 is not installed");
        }
        if (candidate.emulated && !(title in PLAIN || title in PINGS)) {
          return skip(name, "the emulator has no PR_SET_CHILD_SUBREAPER, no execveat");
        }
        const stage = new Stage(candidate);
        try {
          await trial(stage);
        } finally {
          await stage.end();
        }
      },
    });
  }
}

const NATIVE: Record<string, Trial> = {
  "small, asleep, with its role as its name": async (stage) => {
    stage.raise();
    await stage.rest();
    const { guard, keeper } = stage;
    const words = (pid: number) => Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
    const turn = [stage.turn, stage.directory];
    assertEquals(words(guard).filter((word) => word !== ""), ["imp-guard", ...turn]);
    assertEquals(words(keeper).filter((word) => word !== ""), ["imp-keeper", ...turn]);
    await eventually(() => statusOf(keeper, "State").startsWith("S"), "asleep");
    const before = [guard, keeper].map(switches);
    await pause(1500);
    assertEquals([guard, keeper].map(switches), before);
    for (const pid of [guard, keeper]) {
      const smaps = Deno.readTextFileSync(`/proc/${pid}/smaps`);
      const rss = [...smaps.matchAll(/^Rss:\s*(\d+) kB/gm)].reduce((sum, [, kb]) => sum + +kb, 0);
      const stack = Number(/\[stack\]\n(?:.*\n)*?Rss:\s*(\d+) kB/.exec(smaps)?.[1]);
      // The kernel puts the stack at a random address: it occupies two pages or three.
      assert(stack <= 12 && rss - stack <= 8, smaps);
      const writable = Deno.readTextFileSync(`/proc/${pid}/maps`).split("\n").filter((line) =>
        /^\S+ .w.x/.test(line)
      );
      assertEquals(writable, [], "nothing is both written to and executed");
    }
  },
};
