import { assert, assertEquals } from "@std/assert";
import { styles } from "../../../src/cli/style.ts";
import { displayWidth } from "../../../src/cli/table.ts";
import { statusCommand } from "../../../src/commands/status/command.ts";
import type { StatusDetails } from "../../../src/commands/status/details.ts";
import { statusJson } from "../../../src/commands/status/json.ts";
import { pidfileStatus } from "../../../src/commands/status/pidfile.ts";
import { statusView } from "../../../src/commands/status/view.ts";
import { type KeptFacts, keptNotes } from "../../../src/keeper/observe/kept_facts.ts";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import type { KeptSettings } from "../../../src/keeper/records/kept_settings.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";
import { settingRows } from "../../../src/keeper/observe/settings_words.ts";
import { aRun, evidence, GUARD, KEEPER, NOON, PROGRAM, STATE } from "../../keeper/kept_samples.ts";
import { localTime } from "../../../src/libc/time.ts";
import { settingsOf } from "../../keeper/samples.ts";
import { assertRefused, requestBy } from "../asking.ts";

const NOW = NOON + 3_700_000;
const DETAILS: StatusDetails = {
  logs: [{ path: "/var/log/imp/web.log", of: "both", bytes: 2048, piped: false, deleted: false }],
  tree: [
    { pid: 12, ppid: 11, depth: 0, comm: "web", command: ["/usr/bin/web", "--port", "80"] },
    { pid: 14, ppid: 12, depth: 1, comm: "worker", command: [] },
  ],
  waiter: "file",
  failedTurns: 0,
};

function facts(
  state: Partial<KeptState> = {},
  processes = [GUARD, KEEPER, PROGRAM],
  settings: Partial<KeptSettings> = {},
): KeptFacts {
  const daemon = judgeKept(evidence(processes, {
    settings: { is: "read", value: settingsOf(settings) },
    state: { is: "read", value: { ...STATE, ...state } },
  }));
  const usage = daemon.program && { pids: [12, 14], cpuMs: 12_300, rssBytes: 20 << 20 };
  return { daemon, usage, deletedLogs: [], notes: keptNotes(daemon, []) };
}

const page = (given: KeptFacts, details = DETAILS, width = Infinity) =>
  statusView(given, details, NOW, styles(false), width);

Deno.test("imp status: who keeps it is said once", () => {
  for (const processes of [[KEEPER, PROGRAM], [PROGRAM]]) {
    assertEquals(page(facts({}, processes)).join("\n").match(/guard/g)?.length, 1);
  }
});

Deno.test("imp status: a page", () => {
  const wrapped = page(
    facts({ statusText: "3 clients\u001b[2J", restarts: 1, runs: [aRun({ lastLines: ["oops"] })] }),
  )
    .join("\n");
  const text = wrapped.replaceAll(/\n {14}/g, " ");
  for (
    const part of [
      "web: running for 1h 01m",
      ", ready after 100ms",
      "12  /usr/bin/web --port 80",
      "3 clients\\e[2J",
      "keeper 11, guard 10 (code in a file)",
      "CPU 12.3s, memory 20M, 2 processes",
      "restarted once, because it ended with an error (exit 1) after 1m 00s",
      "/var/log/imp/web.log (2K)",
      "on-failure",
      "TERM 10s, KILL",
      "| oops",
      "14    [worker]",
    ]
  ) assert(text.includes(part), `'${part}' is missing in\n${text}`);
});

Deno.test("imp status: a time in the future is shown as such", () => {
  const later = NOW + 3_600_000;
  const run = aRun({ startedAt: later + 60_000, endedAt: later });
  const health = { state: "unhealthy", since: later, failures: 2 } as const;
  const changes = { last: { path: "/etc/web", at: later } } as KeptState["changes"];
  const lines = page(
    facts({ startedAt: later, readyAt: later + 100, health, changes, runs: [run] }),
  );
  const text = lines.join("\n").replaceAll(/\n {6,14}/g, " ");
  const future = `${localTime(later)} (in the future: the clock was set back)`;
  for (
    const part of [
      "web: running\n",
      `since       ${future}, ready after 100ms`,
      `, since ${future}\n`,
      `/etc/web, ${future}\n`,
      `${future} it ended with an error (exit 1) after an unknown time (the clock was set back)`,
    ]
  ) assert(text.includes(part), `'${part}' is missing in\n${text}`);
});

Deno.test("imp status: prose of at most 80 columns where there is no terminal", () => {
  const given = facts({ restarts: 12, failures: 12, runs: [aRun({ failedStart: true })] }, [
    PROGRAM,
  ], {
    environment: ["A=1", "B=2"],
    ready: ["http://localhost:8080/a/long/path/to/the/health/of/it", "notify"],
  });
  for (const line of page(given)) assert(displayWidth(line) <= 80, line);
});

Deno.test("imp status: values of variables are shown nowhere", () => {
  const given = facts({}, undefined, { environment: ["TOKEN=geheim", "B=x=y"] });
  assert(page(given).join("\n").includes("TOKEN, B"));
  const all = JSON.stringify(statusJson(given, DETAILS, NOW)) + page(given).join("\n");
  assert(!all.includes("geheim") && !all.includes("x=y"), all);
});

Deno.test("imp status: what is wrong is reported", () => {
  const text = (given: KeptFacts, details?: StatusDetails) =>
    page(given, details).join(" ").replaceAll(/ +/g, " ");
  assert(text(facts({}, [PROGRAM])).includes("nobody: keeper and guard are gone"));
  assert(text(facts({}, [KEEPER, PROGRAM])).includes("its guard is gone"));
  assert(text(facts(), { ...DETAILS, failedTurns: 3 }).includes("imp could not act 3 times"));
  const [log] = DETAILS.logs;
  const deleted = { ...DETAILS, logs: [{ ...log, deleted: true }] };
  assert(text(facts(), deleted).includes("deleted, and written to all the same"));
  assert(text(facts(), { ...DETAILS, logs: [{ ...log, bytes: undefined }] }).includes("not there"));
  assert(
    text(facts({ phase: "failed", reason: "no such file" }, [])).startsWith(
      "web: failed: no such file",
    ),
  );
});

Deno.test("imp status --json: stable names", () => {
  const json = statusJson(facts({ runs: [aRun()] }), DETAILS, NOW);
  for (
    const name of [
      ...[
        "at",
        "name",
        "state",
        "well",
        "pid",
        "startTicks",
        "startedAt",
        "readyAt",
        "nextStartAt",
      ],
      ...["restarts", "failures", "processes", "cpuMs", "rssBytes", "lastRun", "kept", "keeper"],
      ...["guard", "statusText", "reason", "notes", "directory", "sentence", "why", "rebooted"],
      ...["wanted", "wantedBy", "wantedAt", "waiter", "failedTurns", "records", "logs", "tree"],
      ...["runs", "settings"],
    ]
  ) assert(name in json, name);
});

Deno.test("imp status: settings in short, those that hold by default left out", () => {
  assertEquals(settingRows(settingsOf({})).map(([name]) => name), ["restart", "stop"]);
  const rows = new Map(settingRows(settingsOf({
    directory: "/srv",
    user: "www",
    maxRestarts: { count: 3, withinMs: 60_000 },
    limits: [{ name: "nofile", resource: 7, limit: { soft: 10, hard: Infinity } }],
    hooks: { reload: ["/bin/kill", "-HUP"] },
    killMode: "main",
    success: [3, "USR1"],
  })));
  assertEquals(rows.get("restart"), "on-failure, 100ms to 30s later, at most 3 in 1m 00s");
  assertEquals(rows.get("limits"), "nofile 10:unlimited");
  assertEquals(rows.get("reload command"), "/bin/kill -HUP");
  assertEquals(rows.get("stop"), "TERM 10s, KILL (the main process alone)");
  assertEquals(rows.get("normal ends"), "3, USR1");
});

Deno.test("imp status: exit statuses of pidfiles, as in the LSB", () => {
  const process = { pid: 1, startTicks: 1 };
  const of = { path: "/run/x.pid", own: true };
  assertEquals(pidfileStatus({ is: "running", process, certain: true, ...of }), 0);
  assertEquals(pidfileStatus({ is: "held", holders: [process], ...of }), 1);
  assertEquals(pidfileStatus({ is: "not running", because: "", file: true, ...of }), 1);
  assertEquals(pidfileStatus({ is: "not running", because: "", file: false, ...of }), 3);
});

Deno.test("imp status: what is asked for, and what is refused", () => {
  assertEquals(requestBy(statusCommand, "-p", "/run/x.pid").targets, {
    by: "pidfile",
    path: "/run/x.pid",
  });
  assertRefused(statusCommand, [
    ["", "no name given, nor --all, nor --pidfile"],
    ["web --all", "names and --all cannot be used together"],
  ]);
});
