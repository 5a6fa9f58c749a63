import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { listMetrics } from "../../../src/commands/list/metrics.ts";
import type { ListedDaemon } from "../../../src/commands/list/words.ts";
import { keptNotes } from "../../../src/keeper/observe/kept_facts.ts";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import { aRun, evidence, NOON, STATE } from "../../keeper/kept_samples.ts";
import { parseOpenMetrics } from "./open_metrics.ts";
import { anyText } from "../../base/any_text.ts";

function listed(name: string, state = STATE, user?: string): ListedDaemon {
  const daemon = {
    ...judgeKept(evidence(undefined, { state: { is: "read", value: state } })),
    name,
  };
  const usage = { pids: [12], cpuMs: 1234.6, rssBytes: 4096 };
  return { facts: { daemon, usage, deletedLogs: [], notes: keptNotes(daemon, []) }, user };
}

function values(text: string): Record<string, number> {
  return Object.fromEntries(
    parseOpenMetrics(text).flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [`${name} ${labels.name}`, value])
    ),
  );
}

Deno.test("metrics: what is known of a daemon, and no more", () => {
  const runs = [
    aRun({ endedAt: NOON + 1500, exitCode: undefined, signal: "KILL", kind: "killed" }),
  ];
  const text = listMetrics([listed("web", { ...STATE, restarts: 3, runs, nextRunAt: NOON })]);
  assertEquals(values(text), {
    ...{ "imp_daemon_up web": 1, "imp_daemon_well web": 1, "imp_daemon_state web": 1 },
    ...{ "imp_daemon_restarts_total web": 3, "imp_daemon_failures web": 0 },
    ...{ "imp_daemon_start_time_seconds web": NOON / 1000, "imp_daemon_cpu_seconds web": 1.235 },
    ...{ "imp_daemon_memory_bytes web": 4096, "imp_daemon_processes web": 1 },
    ...{ "imp_daemon_last_exit_status web": 137 },
    ...{ "imp_daemon_last_exit_time_seconds web": NOON / 1000 + 1.5 },
    ...{ "imp_daemon_next_run_time_seconds web": NOON / 1000 },
  });
  assert(!listMetrics([listed("web")]).includes("last_exit"));
});

Deno.test("metrics: health, once it is known", () => {
  const of = (state: "starting" | "healthy" | "unhealthy") =>
    values(
      listMetrics([listed("web", { ...STATE, health: { state, since: NOON, failures: 0 } })]),
    )["imp_daemon_healthy web"];
  assertEquals([of("starting"), of("healthy"), of("unhealthy")], [undefined, 1, 0]);
});

Deno.test("metrics: none at all is a text as well", () => {
  assertEquals(listMetrics([]), "# EOF\n");
  assertEquals(parseOpenMetrics("# EOF\n"), []);
});

Deno.test("metrics: a family stands together, and each label is escaped", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyText(), { maxLength: 5 }),
      fc.string(),
      (names, user) => {
        const families = parseOpenMetrics(
          listMetrics(names.map((name) => listed(name, STATE, user))),
        );
        for (const { samples } of families) {
          assertEquals(
            samples.map(({ labels }) => labels.name),
            names.map((one) => one.toWellFormed()),
          );
          for (const { labels } of samples) assertEquals(labels.user, user.toWellFormed());
        }
      },
    ),
  );
});

Deno.test("the parser of these tests refuses what the specification does", () => {
  for (
    const bad of [
      "",
      "# EOF",
      "a 1\n# EOF\n",
      "# TYPE a gauge\n\n# EOF\n",
      "# TYPE a gauge\na{} 1 # EOF\n",
      '# TYPE a gauge\na{b="\\x"} 1\n# EOF\n',
      "# TYPE a counter\na 1\n# EOF\n",
      "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
      "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
      "# TYPE a gauge\na 1\na 1\n# EOF\n",
    ]
  ) assertThrows(() => parseOpenMetrics(bad), Error, undefined, bad);
});
