// Pure: a list as OpenMetrics text, all of which the node exporter's textfile collector accepts too: no time stamps,
// and
// only the types gauge and counter.
import { signalNumber } from "../../libc/processes/signals.ts";
import { isOver } from "../../keeper/observe/observed.ts";
import { isWell } from "../../keeper/observe/words.ts";
import type { KeptRun } from "../../keeper/records/kept_state.ts";
import type { ListedDaemon } from "./words.ts";

type Labels = Readonly<Record<string, string>>;

/** A sample: its value, and labels in addition to those of the daemon. */
interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

interface Family {
  /** Without the suffix of a counter. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** Its name ends in it. */
  readonly unit?: "seconds" | "bytes";
  readonly help: string;
  /** Undefined: there is nothing to say about this daemon. */
  sample(listed: ListedDaemon): Sample | undefined;
}

/** docs/list.md describes these: names are only ever added. */
const FAMILIES: readonly Family[] = [
  {
    name: "imp_daemon_up",
    type: "gauge",
    help: "1 while its main process runs, else 0.",
    sample: ({ facts }) => flag(facts.daemon.program !== undefined),
  },
  {
    name: "imp_daemon_well",
    type: "gauge",
    help: "1 while it is in the state that its owner wants, without remarks, else 0.",
    sample: ({ facts }) => flag(isWell(facts.daemon) && facts.notes.length === 0),
  },
  {
    name: "imp_daemon_state",
    type: "gauge",
    help: "1 for the state in which it is, as imp list names it.",
    sample: ({ facts }) => ({ value: 1, labels: { state: facts.daemon.phase } }),
  },
  {
    name: "imp_daemon_healthy",
    type: "gauge",
    help:
      "Health of a running daemon with --health: 1 healthy, 0 unhealthy; absent until it is known.",
    sample: ({ facts: { daemon: { program, state } } }) => {
      const health = program && state?.health?.state;
      return health === undefined || health === "starting" ? undefined : flag(health === "healthy");
    },
  },
  {
    name: "imp_daemon_restarts",
    type: "counter",
    help: "Restarts since the last command that started it.",
    sample: ({ facts }) => given(facts.daemon.state?.restarts),
  },
  {
    name: "imp_daemon_failures",
    type: "gauge",
    help: "Failures in a row.",
    sample: ({ facts }) => given(facts.daemon.state?.failures),
  },
  {
    name: "imp_daemon_start_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Start time of the running program, since 1970.",
    sample: ({ facts: { daemon } }) => seconds(daemon.program && daemon.state?.startedAt),
  },
  {
    name: "imp_daemon_cpu_seconds",
    type: "gauge",
    unit: "seconds",
    help: "CPU time used by its running processes; ended ones are not counted.",
    sample: ({ facts }) => seconds(facts.usage?.cpuMs),
  },
  {
    name: "imp_daemon_memory_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Resident memory of its processes; shared pages count for each.",
    sample: ({ facts }) => given(facts.usage?.rssBytes),
  },
  {
    name: "imp_daemon_processes",
    type: "gauge",
    help: "Number of its running processes.",
    sample: ({ facts }) => given(facts.usage?.pids.length ?? 0),
  },
  {
    name: "imp_daemon_last_exit_status",
    type: "gauge",
    help: "Exit status of its last run; 128 + N if signal N ended it.",
    sample: ({ facts }) => given(statusOf(facts.daemon.state?.runs.at(-1))),
  },
  {
    name: "imp_daemon_last_exit_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When its last run ended, since 1970.",
    sample: ({ facts }) => seconds(facts.daemon.state?.runs.at(-1)?.endedAt),
  },
  {
    name: "imp_daemon_next_run_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Next time of its schedule, since 1970.",
    sample: ({ facts: { daemon } }) =>
      seconds(isOver(daemon.phase) ? undefined : daemon.state?.nextRunAt),
  },
];

/** What a scrape reads; a family without samples is left out. */
export function listMetrics(daemons: readonly ListedDaemon[]): string {
  return `${FAMILIES.flatMap((family) => familyLines(family, daemons)).join("\n")}\n# EOF\n`
    .replace(/^\n/, "");
}

function familyLines(family: Family, daemons: readonly ListedDaemon[]): string[] {
  const { name, type, unit, help } = family;
  const samples = daemons.flatMap((listed) => {
    const sample = family.sample(listed);
    if (sample === undefined) return [];
    const labels = { ...labelsOf(listed), ...sample.labels };
    return [`${name}${type === "counter" ? "_total" : ""}${labelText(labels)} ${sample.value}`];
  });
  if (samples.length === 0) return [];
  return [
    `# TYPE ${name} ${type}`,
    ...unit === undefined ? [] : [`# UNIT ${name} ${unit}`],
    `# HELP ${name} ${help}`,
    ...samples,
  ];
}

function labelsOf({ facts, user }: ListedDaemon): Labels {
  return { name: facts.daemon.name, ...user === undefined ? {} : { user } };
}

function labelText(labels: Labels): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)}}`;
}

/** What is not text, such as half of a surrogate pair, cannot be UTF-8 either. */
function escaped(value: string): string {
  return value.toWellFormed().replace(/["\\\n]/g, (char) => char === "\n" ? "\\n" : `\\${char}`);
}

function flag(value: boolean): Sample {
  return { value: value ? 1 : 0 };
}

function given(value: number | undefined): Sample | undefined {
  return value === undefined ? undefined : { value };
}

function seconds(ms: number | undefined): Sample | undefined {
  return given(ms === undefined ? undefined : Math.round(ms) / 1000);
}

/** As a shell shows it. Undefined if nobody has seen its end. */
function statusOf(run: KeptRun | undefined): number | undefined {
  if (!run) return undefined;
  if (run.signal === undefined) return run.exitCode;
  const number = signalNumber(run.signal);
  return number === undefined ? undefined : 128 + number;
}
