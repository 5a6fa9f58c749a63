import { assert, assertEquals } from "@std/assert";
import { styles } from "../../../src/cli/style.ts";
import { displayWidth } from "../../../src/cli/table.ts";
import { listedJson } from "../../../src/commands/list/json.ts";
import { keptListView } from "../../../src/commands/list/view.ts";
import type { ListedDaemon } from "../../../src/commands/list/words.ts";
import { screenOf, withShares } from "../../../src/commands/list/watch.ts";
import { keptNotes } from "../../../src/keeper/observe/kept_facts.ts";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";
import type { KeptUsage } from "../../../src/keeper/observe/usage.ts";
import {
  aRun,
  evidence,
  GUARD,
  KEEPER,
  NOON,
  PROGRAM,
  STATE,
  unusable,
} from "../../keeper/kept_samples.ts";

const NOW = NOON + 3_700_000;
const plain = styles(false);

function listed(
  name: string,
  state: Partial<KeptState> | "newer" = {},
  processes = [GUARD, KEEPER, PROGRAM],
  more: { user?: string; cpuPercent?: number; usage?: KeptUsage; deletedLogs?: string[] } = {},
): ListedDaemon {
  const value = { ...STATE, ...(state === "newer" ? {} : state) };
  const daemon = judgeKept(evidence(processes, {
    name,
    state: state === "newer" ? unusable("newer") : { is: "read", value },
  }));
  const { usage = { pids: [12], cpuMs: 12_300, rssBytes: 20 << 20 }, deletedLogs = [] } = more;
  const facts = {
    daemon,
    usage: daemon.program ? usage : undefined,
    deletedLogs,
    notes: keptNotes(daemon, deletedLogs),
  };
  return { facts, user: more.user, cpuPercent: more.cpuPercent };
}

const DAEMONS = [
  listed("api", { restarts: 3, runs: [aRun({ kind: "fault", signal: "SEGV", core: true })] }),
  listed("cron", { phase: "stopped" }, []),
  listed("queue-with-a-name-that-is-really-long", { phase: "waiting", nextStartAt: NOW + 4000 }, [
    GUARD,
    KEEPER,
  ]),
  listed("unkept", {}, [PROGRAM]),
  listed("web", {}, [KEEPER, PROGRAM]),
];

Deno.test("imp list: full rows where there is no terminal", () => {
  assertEquals(keptListView(DAEMONS, NOW, plain, Infinity), [
    "NAME                                   STATE    PID     UP  RESTARTS    CPU  MEMORY  LAST EXIT  AGO    NOTE",
    "api                                    running   12  1h01m         3  12.3s     20M  SEGV core  1h01m",
    "cron                                   stopped    -      -         0      -       -  -          -",
    "queue-with-a-name-that-is-really-long  waiting    -      -         0      -       -  -          -      next start in 4s",
    "unkept                                 unkept    12  1h01m         0  12.3s     20M  -          -",
    "web                                    running   12  1h01m         0  12.3s     20M  -          -      no guard",
  ]);
});

Deno.test("imp list: what lies in the future by a clock that was set back has no age", () => {
  const health = {
    state: "unhealthy",
    since: NOW + 5000,
    failures: 2,
    reason: "tcp:80 refused",
  } as const;
  const rows = keptListView(
    [
      listed("api", { startedAt: NOW + 5000, health, runs: [aRun({ endedAt: NOW + 5000 })] }),
      listed("web", { startedAt: NOW + 900, runs: [aRun({ endedAt: NOW + 900 })] }),
    ],
    NOW,
    plain,
    Infinity,
  );
  assertEquals(
    rows.map((row) => row.split(/ {2,}/)).map((cells) => [cells[3], ...cells.slice(8)]),
    [
      ["UP", "AGO", "NOTE"],
      ["?", "?", "tcp:80 refused (2 times)"],
      ["0ms", "0ms"],
    ],
  );
});

Deno.test("imp list: what matters least is left out first where there is no room", () => {
  const titles = (width: number) => {
    const lines = keptListView(DAEMONS, NOW, plain, width);
    for (const line of lines) assert(displayWidth(line) <= width, `${width}: '${line}'`);
    return lines[0].split(/ {2,}/);
  };
  assertEquals(titles(90), [
    ...["NAME", "STATE", "PID", "UP", "RESTARTS", "CPU", "MEMORY", "LAST EXIT", "NOTE"],
  ]);
  assertEquals(titles(80), [
    ...["NAME", "STATE", "PID", "UP", "RESTARTS", "MEMORY", "LAST EXIT", "NOTE"],
  ]);
  assertEquals(titles(62), ["NAME", "STATE", "PID", "UP", "RESTARTS", "NOTE"]);
  assertEquals(titles(40), ["NAME", "STATE", "NOTE"]);
  assertEquals(titles(18), ["NAME", "STATE"]);
});

Deno.test("imp list: an ordinary list has all its columns in 80", () => {
  const usual = ["api", "postgres-main", "web"].map((name) =>
    listed(name, { restarts: 1, runs: [aRun()] })
  );
  const [head] = keptListView(usual, NOW, plain, 80);
  assertEquals(head.split(/ {2,}/).slice(-2), ["LAST EXIT", "AGO"]);
});

Deno.test("imp list: what is wrong is reported", () => {
  const note = (one: ListedDaemon) =>
    keptListView([one], NOW, plain, Infinity)[1].split(/ {2,}/).at(-1);
  assertEquals(note(listed("a", "newer")), "newer state.json");
  assertEquals(note(listed("a", { bootId: "b0" }, [])), "not started since boot");
  assertEquals(note(listed("a", {}, [])), "should run");
  assertEquals(
    note(listed("a", { phase: "failed", reason: "no such file\u001b[2J" }, [])),
    "no such file\\e[2J",
  );
  assertEquals(note(listed("a", {}, undefined, { deletedLogs: ["/x"] })), "log deleted");
  assertEquals(
    note(listed("a", {}, [GUARD, { ...KEEPER, state: "T" }, PROGRAM])),
    "keeper stopped",
  );
});

Deno.test("imp list: whose they are, and how much of a processor they have", () => {
  const lines = keptListView(
    [
      listed("a", {}, undefined, { user: "ann", cpuPercent: 3.14 }),
      listed("b", {}, undefined, { user: "bob", cpuPercent: 187 }),
    ],
    NOW,
    plain,
    Infinity,
  );
  assertEquals(lines[0].split(/ +/).slice(0, 3), ["NAME", "USER", "STATE"]);
  assertEquals(lines.slice(1).map((line) => line.split(/ +/)[6]), ["3.1%", "187%"]);
});

Deno.test("imp list: the share of a processor is that since the last look, of the same process", () => {
  const at = (ms: number, cpuMs: number, given: Partial<KeptState> = {}) => ({
    at: NOW + ms,
    unknown: [],
    daemons: [listed("a", given, undefined, { usage: { pids: [12], cpuMs, rssBytes: 1 } })],
  });
  const share = (now: ReturnType<typeof at>, before?: ReturnType<typeof at>) =>
    withShares(now, before).daemons[0].cpuPercent;
  assertEquals(share(at(0, 100)), undefined);
  assertEquals(share(at(2000, 1100), at(0, 100)), 50);
  assertEquals(share(at(2000, 50), at(0, 100)), 0, "a process has ended");
  const other = at(2000, 50);
  const moved = judgeKept(evidence([GUARD, KEEPER, { ...PROGRAM, startTicks: 99 }], {
    state: { is: "read", value: { ...STATE, program: { pid: 12, startTicks: 99 } } },
  }));
  const [one] = other.daemons;
  const restarted = { ...other, daemons: [{ ...one, facts: { ...one.facts, daemon: moved } }] };
  assertEquals(share(restarted, at(0, 100)), undefined);
});

Deno.test("imp list --watch: no more lines than the terminal has", () => {
  const screen = screenOf(["a", "b", "c", "d"], 4);
  assertEquals(screen.match(/\n/g)?.length, 3);
  assert(screen.includes("… 2 more"));
  assert(!screenOf(["a", "b", "c"], 4).includes("more"));
});

Deno.test("imp list --json: what programs read", () => {
  const json = listedJson(DAEMONS[0], NOW);
  assertEquals(
    [json.name, json.state, json.well, json.pid, json.restarts, json.cpuMs, json.kept],
    ["api", "running", true, 12, 3, 12_300, "double"],
  );
  assertEquals(listedJson(DAEMONS[1], NOW).well, true, "what was stopped is as it should be");
  assertEquals(listedJson(DAEMONS[3], NOW).notes, ["unkept"]);
  assertEquals(listedJson(DAEMONS[4], NOW).well, false);
});
