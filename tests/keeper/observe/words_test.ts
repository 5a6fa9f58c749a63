import { assert, assertEquals } from "@std/assert";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import type { Intent } from "../../../src/keeper/records/intent.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";
import {
  endOfRun,
  isWell,
  keepingOf,
  keepingSentence,
  lsbStatus,
  phaseSentence,
  shortEnd,
  troubleSentence,
  whyRestarted,
  worstStatus,
} from "../../../src/keeper/observe/words.ts";
import {
  aRun,
  evidence,
  GUARD,
  INTENT,
  KEEPER,
  NOON,
  PROGRAM,
  STATE,
  unusable,
} from "../kept_samples.ts";

Deno.test("words: the end of a run, in its four kinds", () => {
  const table: [Parameters<typeof aRun>[0], string, string][] = [
    [{ kind: "normal", exitCode: 0 }, "ended normally (exit 0)", "exit 0"],
    [{ kind: "error", exitCode: 3 }, "ended with an error (exit 3)", "exit 3"],
    [
      { kind: "fault", exitCode: undefined, signal: "SEGV", core: true },
      "ended by a fatal fault: SEGV (core dumped)",
      "SEGV core",
    ],
    [
      { kind: "killed", exitCode: undefined, signal: "TERM", by: "imp stop web" },
      "was killed by TERM, sent by 'imp stop web'",
      "TERM",
    ],
    [
      { kind: "killed", exitCode: undefined, signal: "KILL", by: "out-of-memory killer" },
      "was killed by KILL, sent by the out-of-memory killer",
      "KILL oom",
    ],
    [
      {
        kind: "killed",
        exitCode: undefined,
        signal: "KILL",
        by: "out-of-memory killer, as the counter of the machine lets suppose",
      },
      "was killed by KILL, sent by the out-of-memory killer, as the counter of the machine lets suppose",
      "KILL oom?",
    ],
    [
      { kind: "killed", exitCode: undefined, signal: "KILL", by: "imp stop memory" },
      "was killed by KILL, sent by 'imp stop memory'",
      "KILL",
    ],
    [
      { kind: "killed", exitCode: undefined, signal: "KILL" },
      "was killed by KILL, sender unknown",
      "KILL",
    ],
    [
      { kind: "normal", exitCode: undefined, signal: "TERM", by: "imp stop web" },
      "ended normally (by TERM, sent by 'imp stop web')",
      "TERM",
    ],
    [
      {
        kind: "killed",
        exitCode: undefined,
        signal: "KILL",
        by: "imp keeper: no WATCHDOG=1 for 5s",
      },
      "was killed by KILL, by its keeper: no WATCHDOG=1 for 5s",
      "KILL",
    ],
    [{ kind: "unknown", exitCode: undefined }, "ended; its exit status is not known", "unknown"],
  ];
  for (const [given, long, short] of table) {
    assertEquals([endOfRun(aRun(given)), shortEnd(aRun(given))], [long, short]);
  }
});

Deno.test("words: why it was restarted, in one sentence", () => {
  const why = (given: Partial<KeptState>) => whyRestarted({ ...STATE, ...given });
  assertEquals(why({}), undefined);
  assertEquals(why({ runs: [aRun()] }), undefined, "it was started anew by hand");
  assertEquals(
    why({ restarts: 1, runs: [aRun()] }),
    "restarted once, because it ended with an error (exit 1) after 1m 00s",
  );
  assertEquals(
    why({ restarts: 4, failures: 3, runs: [aRun({ failedStart: true, startedAt: NOON - 200 })] }),
    "restarted 4 times, last because it ended with an error (exit 1) after 200ms before it was ready or had run long enough, 3 failures in a row",
  );
  const recycled = aRun({ kind: "killed", signal: "TERM", by: "imp keeper: --max-lifetime 1h" });
  assertEquals(
    why({ restarts: 2, runs: [recycled] }),
    "restarted 2 times, last because its keeper ended it: --max-lifetime 1h",
  );
  const byHand = aRun({ kind: "killed", signal: "TERM", by: "imp restart web" });
  assertEquals(why({ runs: [byHand] }), "restarted, last by 'imp restart web'");
  const end = aRun({ kind: "killed", signal: "TERM", by: "imp stop web" });
  assertEquals(why({ restarts: 3, runs: [aRun(), end] }), "restarted 3 times");
});

Deno.test("words: each phase has its sentence and its exit status", () => {
  const tell = (
    state: Partial<KeptState>,
    processes = [GUARD, KEEPER, PROGRAM],
    intent: Partial<Intent> = {},
    given = {},
  ) => {
    const daemon = judgeKept(evidence(processes, {
      state: { is: "read", value: { ...STATE, ...state } },
      intent: { is: "read", value: { ...INTENT, ...intent } },
      ...given,
    }));
    return [phaseSentence(daemon, NOON + 5000), lsbStatus(daemon.phase)];
  };
  const stop = { wanted: "stop", by: "imp stop web" } as const;
  assertEquals(tell({}), ["running for 5s", 0]);
  assertEquals(tell({ phase: "starting" }), ["starting for 5s: it is not ready yet", 0]);
  assertEquals(tell({ phase: "stopping" }, undefined, stop), ["stopping, by 'imp stop web'", 0]);
  assertEquals(tell({ phase: "stopping", endedBy: "imp keeper: it got TERM" }), [
    "stopping, by its keeper: it got TERM",
    0,
  ]);
  assertEquals(tell({ phase: "stopped", reason: "imp keeper: it got TERM" }, []), [
    "stopped, by its keeper: it got TERM",
    3,
  ]);
  assertEquals(tell({ reloading: true })[0], "running for 5s, reading its settings again");
  const leaving = tell({ reloading: true, stopsItself: true })[0];
  assertEquals(leaving, "running for 5s, stopping by itself");
  assertEquals(tell({ phase: "waiting", nextStartAt: NOON + 9000 }, [GUARD, KEEPER]), [
    "waiting for the next start, in 4s",
    3,
  ]);
  assertEquals(tell({ phase: "waiting", nextStartAt: NOON }, [GUARD, KEEPER]), [
    "waiting for the next start, due now",
    3,
  ]);
  assertEquals(tell({ phase: "stopped" }, [], stop), ["stopped by 'imp stop web'", 3]);
  assertEquals(tell({ phase: "failed", reason: "no such file" }, []), ["failed: no such file", 3]);
  assertEquals(tell({ phase: "stopped" }, [PROGRAM]), [
    "running, although it was noted as stopped: pid 12",
    0,
  ]);
  assertEquals(tell({}, [GUARD, KEEPER])[1], 1);
  assertEquals(tell({}, []), [
    "not running, although it should: it has ended, and so have its keepers",
    1,
  ]);
  assertEquals(tell({}, [], {}, { bootId: "b2" }), [
    "not running: the machine has rebooted since it ran, and nobody has started it again",
    1,
  ]);
  assertEquals(tell({}, [], {}, { state: unusable("damaged") })[1], 4);
});

Deno.test("words: who keeps it", () => {
  const seen = (processes: typeof PROGRAM[]) => {
    const daemon = judgeKept(evidence(processes));
    return [keepingOf(daemon), keepingSentence(daemon), isWell(daemon)];
  };
  assertEquals(seen([GUARD, KEEPER, PROGRAM]), ["double", "keeper 11, guard 10", true]);
  const alone = (who: string, gone: string) =>
    `${who} alone, its ${gone} is gone; the next start brings another one: imp restart web`;
  assertEquals(seen([KEEPER, PROGRAM]), ["single", alone("keeper 11", "guard"), false]);
  assertEquals(seen([GUARD, PROGRAM]), ["single", alone("guard 10", "keeper"), false]);
  const unkept = "nobody: keeper and guard are gone; 'imp start web' keeps it again";
  assertEquals(seen([PROGRAM]), ["unkept", unkept, false]);
  const stopped = { state: { is: "read", value: { ...STATE, phase: "stopped" } } } as const;
  assertEquals(keepingOf(judgeKept(evidence([], stopped))), "none");
  assert(isWell(judgeKept(evidence([], stopped))));
});

Deno.test("words: what is wrong with a record", () => {
  assertEquals(
    troubleSentence({ record: "state", is: "newer", why: "a newer imp wrote it" }),
    "state.json is newer: a newer imp wrote it",
  );
  assertEquals(
    troubleSentence({ record: "intent", is: "unreadable", why: "EACCES" }),
    "intent.json cannot be read: EACCES",
  );
});

Deno.test("words: the worst of several exit statuses", () => {
  assertEquals(worstStatus([0, 0]), 0);
  assertEquals(worstStatus([0, 3]), 3);
  assertEquals(worstStatus([3, 1, 0]), 1);
  assertEquals(worstStatus([3, 1, 4]), 4);
});
