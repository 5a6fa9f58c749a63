import { assert, assertEquals } from "@std/assert";
import { neverHealthy } from "../../../src/keeper/health/cells.ts";
import {
  afterProbe,
  healthAtReady,
  type HealthSettings,
  healthText,
  isProbedOften,
  type KeptHealth,
} from "../../../src/keeper/health/kept_health.ts";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import { isWell } from "../../../src/keeper/observe/words.ts";
import type { KeptEvent } from "../../../src/keeper/policy/kept_event.ts";
import { nextKeptStep } from "../../../src/keeper/policy/state.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";
import { aRun, evidence, INTENT, NOON, STATE } from "../kept_samples.ts";
import { settingsOf } from "../samples.ts";

const SETTINGS: HealthSettings = {
  rules: ["tcp:80"],
  everyMs: 10_000,
  timeoutMs: 5000,
  retries: 3,
  restart: false,
};
const BEGUN: KeptHealth = { state: "starting", since: NOON, failures: 0 };
const refused = { well: false, reason: "tcp:80 refused" } as const;
const well = { well: true } as const;

function probes(...verdicts: (typeof refused | typeof well)[]): KeptHealth {
  return verdicts.reduce((health, one, i) => afterProbe(health, one, 3, NOON + i + 1), BEGUN);
}

Deno.test("afterProbe: healthy by one success, unhealthy by so many failures in a row", () => {
  assertEquals(probes(well), {
    ...{ state: "healthy", since: NOON + 1, failures: 0, wasHealthy: true },
  });
  assertEquals(probes(well, refused, refused, well, refused, refused).state, "healthy");
  const third = probes(well, refused, refused, refused);
  assertEquals([third.state, third.since, third.failures], ["unhealthy", NOON + 4, 3]);
  assertEquals(healthText(third), "unhealthy: tcp:80 refused (3 times)");
  assertEquals(probes(refused, refused).state, "starting");
  assertEquals(probes(refused, refused, refused).state, "unhealthy");
  assertEquals(probes(refused, refused, refused, well).state, "healthy");
});

Deno.test("afterProbe: what shows nothing new is the same object, so that nothing is written", () => {
  const healthy = probes(well);
  assert(afterProbe(healthy, well, 3, NOON + 9) === healthy);
  const unhealthy = probes(refused, refused, refused);
  assert(afterProbe(unhealthy, refused, 3, NOON + 9) === unhealthy);
});

Deno.test("healthAtReady: healthy is only what a probe has shown", () => {
  assertEquals(healthAtReady(undefined, NOON), undefined);
  assertEquals(healthAtReady(SETTINGS, NOON)?.state, "starting");
  assertEquals(healthAtReady({ ...SETTINGS, startMs: 1000 }, NOON)?.state, "healthy");
  const silence = { ...SETTINGS, startMs: 1000, rules: ["log-silence:1m"] };
  assertEquals(healthAtReady(silence, NOON)?.state, "starting");
});

Deno.test("isProbedOften: below ten seconds", () => {
  assertEquals([undefined, { everyMs: 9999 }, { everyMs: 10_000 }].map(isProbedOften), [
    ...[false, true, false],
  ]);
});

function step(state: KeptState, event: KeptEvent, restart: boolean, hook = false) {
  const hooks = hook ? { onUnhealthy: ["/bin/true"] } : {};
  const settings = settingsOf({ health: { ...SETTINGS, restart }, hooks });
  return nextKeptStep(state, event, { settings, intent: INTENT, now: NOON, random: 0 });
}

Deno.test("table: unhealthy is shown, or ends the run, once", () => {
  const healthy = { ...STATE, health: probes(well) };
  const unhealthy = probes(well, refused, refused, refused);
  const shown = step(healthy, { type: "judged", health: unhealthy }, false, true);
  assertEquals(shown.state.phase, "running");
  assertEquals(shown.actions, [{ do: "run-hook", hook: "onUnhealthy" }]);
  assertEquals(step(shown.state, { type: "judged", health: unhealthy }, false, true).actions, []);
  const ended = step(healthy, { type: "judged", health: unhealthy }, true).state;
  assertEquals(ended.phase, "stopping");
  assertEquals(ended.endedBy, "imp keeper: unhealthy: tcp:80 refused (3 times)");
  assertEquals(neverHealthy(ended), false);
});

Deno.test("table: a flap changes nothing but the count", () => {
  const healthy = { ...STATE, health: probes(well) };
  const { state, actions } = step(healthy, { type: "judged", health: probes(well, refused) }, true);
  assertEquals([state.phase, state.health?.state, actions.length], ["running", "healthy", 0]);
});

Deno.test("table: who obeys and exits with 0 is restarted; who was never healthy has failed to start", () => {
  const unhealthy = probes(refused, refused, refused);
  const ended = step(STATE, { type: "judged", health: unhealthy }, true).state;
  assert(neverHealthy(ended));
  const run = aRun({ kind: "normal", exitCode: 0, startedAt: NOON - 60_000, endedAt: NOON });
  const noted = step(ended, { type: "ended", run, left: false }, true).state;
  const after = step(noted, { type: "empty" }, true).state;
  assertEquals([after.phase, after.restarts, after.failures], ["waiting", 1, 1]);
  assertEquals(after.runs.at(-1)?.by, "imp keeper: unhealthy: tcp:80 refused (3 times)");
  assertEquals(after.health, undefined);
});

Deno.test("isWell: not while it is unhealthy", () => {
  const of = (health: KeptHealth) =>
    judgeKept(evidence(undefined, { state: { is: "read", value: { ...STATE, health } } }));
  const bad = of(probes(well, refused, refused, refused));
  assertEquals([isWell(bad), isWell(of(probes(well)))], [false, true]);
});
