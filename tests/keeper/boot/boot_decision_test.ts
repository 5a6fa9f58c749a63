import { assertEquals } from "@std/assert";
import { atBootOf } from "../../../src/keeper/boot/at_boot.ts";
import { decideAtBoot, startsAtNextBoot } from "../../../src/keeper/boot/boot_decision.ts";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import { phaseSentence } from "../../../src/keeper/observe/words.ts";
import { type Intent, nextIntent } from "../../../src/keeper/records/intent.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";
import { evidence, GUARD, INTENT, KEEPER, NOON, STATE } from "../kept_samples.ts";

/** A daemon whose machine has rebooted since. */
function afterBoot(state: Partial<KeptState>, intent: Partial<Intent> = {}) {
  return judgeKept(evidence([], {
    state: { is: "read", value: { ...STATE, ...state } },
    intent: { is: "read", value: { ...INTENT, ...intent } },
    bootId: "b2",
  }));
}

Deno.test("whether it is started at boot outlives other commands", () => {
  const enabled = { ...INTENT, atBoot: true };
  const stopped = nextIntent(enabled, { wanted: "stop", by: "imp stop web", at: NOON });
  assertEquals(atBootOf(stopped), "enabled");
  const again = nextIntent(stopped, {
    wanted: "run",
    by: "imp start web",
    at: NOON,
    atBoot: false,
  });
  assertEquals(atBootOf(again), "disabled");
  assertEquals(atBootOf(nextIntent(undefined, { wanted: "run", by: "x", at: NOON })), "default");
});

Deno.test("after a boot: what ran, waited or was shut down is started", () => {
  for (
    const phase of ["running", "starting", "waiting", "scheduled", "stopping", "stopped"] as const
  ) {
    const daemon = afterBoot({ phase });
    assertEquals([phase, daemon.phase, decideAtBoot(daemon)], [phase, "lost", "start"]);
    assertEquals(daemon.rebooted, true);
  }
  assertEquals(decideAtBoot(afterBoot({ phase: "failed" })), "start");
});

Deno.test("after a boot: what was stopped, has finished, or is disabled is left alone", () => {
  assertEquals(decideAtBoot(afterBoot({ phase: "stopped" }, { wanted: "stop" })), "stopped");
  assertEquals(decideAtBoot(afterBoot({ phase: "finished" })), "over");
  assertEquals(decideAtBoot(afterBoot({ phase: "finished" }, { atBoot: true })), "start");
  for (const phase of ["running", "stopped", "failed"] as const) {
    assertEquals(decideAtBoot(afterBoot({ phase }, { atBoot: false })), "disabled");
  }
  const disabled = afterBoot({}, { atBoot: false });
  assertEquals(disabled.phase, "stopped");
  assertEquals(
    phaseSentence(disabled, NOON),
    "not started since the machine was booted: it is disabled",
  );
});

Deno.test("within a boot: what is kept runs, what has ended by itself is not tried again", () => {
  const now = (state: Partial<KeptState>, processes = [GUARD, KEEPER]) =>
    judgeKept(evidence(processes, { state: { is: "read", value: { ...STATE, ...state } } }));
  assertEquals(decideAtBoot(now({})), "runs");
  const over = { guard: undefined, keeper: undefined, program: undefined };
  assertEquals(decideAtBoot(now({ ...over, phase: "finished" }, [])), "over");
  // A container, or a user's manager, has ended and begun again.
  assertEquals(decideAtBoot(now({ ...over, phase: "stopped" }, [])), "start");
  assertEquals(decideAtBoot(now({ ...over, phase: "failed" }, [])), "over");
  // All were killed.
  assertEquals(decideAtBoot(now({}, [])), "start");
});

Deno.test("the next boot, as things stand", () => {
  const next = (phase: "running" | "finished", intent: Partial<Intent>) =>
    startsAtNextBoot({ phase, intent: { ...INTENT, ...intent } });
  assertEquals(next("running", {}), "start");
  assertEquals(next("running", { wanted: "stop" }), "stopped");
  assertEquals(next("running", { atBoot: false }), "disabled");
  assertEquals(next("finished", {}), "over");
  assertEquals(next("finished", { atBoot: true }), "start");
  assertEquals(startsAtNextBoot({ phase: "running", intent: undefined }), "unknown");
});
