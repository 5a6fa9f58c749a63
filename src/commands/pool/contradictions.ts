import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import { POOL_OPTIONS, type PoolOption } from "./options.ts";

type Name = PoolOption["name"];

/** The kind of pool, named by the option that selects it. */
type Kind = "semaphore" | "attach" | "call" | "workers" | "blocks" | "items";

const KINDS: readonly (readonly [Name, Kind])[] = [
  ["sem", "semaphore"],
  ["attach", "attach"],
  ["call", "call"],
  ["workers", "workers"],
  ["pipe", "blocks"],
  ["pipepart", "blocks"],
];

/** Options that must not be given, and the message for each of them. */
interface Refusal {
  readonly options: readonly Name[];
  readonly says: (name: Name) => string;
  readonly hint?: (name: Name) => string | undefined;
}

/** The only options that make sense with one program, without items. */
const OF_ONE_PROGRAM = new Set<Name>([
  ...["sem", "jobs", "timeout", "term-seq", "nice", "no-children", "tty"] as const,
  ...["retries", "retry-delay", "retry-jitter", "retry-on"] as const,
]);

/** The options that make sense with a run that was submitted before: how it is found, and what becomes of its results. */
const OF_A_RUN = new Set<Name>([
  ...["attach", "on", "queue", "creds", "tls-ca", "tls-cert", "tls-key", "jobs"] as const,
  ...["keep-order", "tag", "group", "json", "progress", "report", "joblog", "halt"] as const,
  ...["retries", "retry-delay", "retry-jitter", "retry-on", "will-cite"] as const,
]);

/** Options that say how each job is started or printed: workers have no such jobs. */
const OF_PROCESSES: readonly Name[] = [
  ...[
    "header",
    "plus",
    "tagstring",
    "pipe",
    "pipepart",
    "stdin",
    "shell",
    "context",
    "multiple",
    "xargs",
    "replace",
    "max-chars",
    "trace",
  ] as const,
  ...["line-buffer", "ungroup", "results", "files", "tmpdir", "dry-run", "tty"] as const,
];

const NEED_WORKERS: Refusal = {
  options: ["max-tasks-per-worker", "max-tasks-per-child", "max-memory-per-worker", "ahead"],
  says: (name) => `--${name} needs --workers or --call`,
};
const NEED_CALL: Refusal = { options: ["json-args"], says: (name) => `--${name} needs --call` };
const NEED_PIPE: Refusal = {
  options: ["block", "recend", "recstart", "regexp"],
  says: (name) => `--${name} needs --pipe`,
};
const NO_RECORDS: Refusal = { options: ["records"], says: () => "-N needs PROGRAM to be a job" };

/** Options of a pool over hosts. */
const OF_HOSTS: readonly Name[] = [
  ...["on-lost", "host-timeout", "filter-hosts", "sshdelay", "ssh", "imp-file"] as const,
  ...["transfer", "transferfile", "return", "cleanup", "trc", "basefile", "env"] as const,
  ...["onall", "nonall"] as const,
];
/** Options that identify a job by its items alone, or have one place for its output. */
const NOT_ON_ALL: readonly Name[] = [
  ...["pipe", "pipepart", "resume", "resume-failed", "results", "files"] as const,
];
/** Options for jobs that are processes, not records. */
const NO_FILES: Refusal = {
  options: ["transfer", "transferfile", "return", "cleanup", "trc", "basefile", "onall", "nonall"],
  says: (name) => `--${name} cannot be used with workers: they are given records and nothing else`,
};
const BY_KIND: Record<Kind, readonly Refusal[]> = {
  items: [NEED_CALL, NEED_WORKERS, NEED_PIPE],
  blocks: [NEED_CALL, NEED_WORKERS, {
    options: [
      "link",
      "colsep",
      "csv",
      "shuf",
      "plus",
      "max-args",
      "max-lines",
      "max-chars",
      "eof",
      "context",
      "multiple",
      "xargs",
      "no-run-if-empty",
      "replace",
      "stdin",
    ],
    says: (name) => `--pipe and --${name} cannot be used together`,
    hint: (name) =>
      name === "max-args" || name === "max-lines"
        ? "-N says how many records a block has"
        : undefined,
  }],
  workers: [
    {
      options: [...OF_PROCESSES, "csv", "colsep"],
      says: (name) => `--workers and --${name} cannot be used together`,
    },
    NEED_CALL,
    NEED_PIPE,
    NO_RECORDS,
    NO_FILES,
  ],
  call: [
    {
      options: ["workers"],
      says: () => "--call has workers of its own: leave out --workers",
    },
    {
      options: OF_PROCESSES,
      says: (name) => `--call and --${name} cannot be used together`,
    },
    NEED_PIPE,
    NO_RECORDS,
    NO_FILES,
  ],
  attach: [{
    options: POOL_OPTIONS.map(({ name }) => name).filter((name) => !OF_A_RUN.has(name)),
    says: (name) => `--attach and --${name} cannot be used together`,
    hint: () => "the jobs of a run are as they were submitted",
  }],
  semaphore: [{
    options: POOL_OPTIONS.map(({ name }) => name).filter((name) => !OF_ONE_PROGRAM.has(name)),
    says: (name) => `--sem runs one program, without items: leave out --${name}`,
  }],
};

/** Options that require another one. */
const NEEDS: readonly (readonly [name: Name, needed: Name, says: string])[] = [
  ["resume", "joblog", "--joblog FILE"],
  ["resume-failed", "joblog", "--joblog FILE"],
  ["results-by", "results", "--results DIR"],
  ["retry-delay", "retries", "--retries N"],
  ["retry-jitter", "retries", "--retries N"],
  ["retry-on", "retries", "--retries N"],
  ...([
    "queue",
    "at-most-once",
    "priority",
    "needs",
    "not-before",
    "detach",
    "attach",
    "creds",
    "tls-ca",
    "tls-cert",
    "tls-key",
  ] as const).map((
    name,
  ) => [name, "on", "--on URL"] as const),
];

/** Options that exclude each other. */
interface Exclusion {
  readonly one: Name;
  readonly others: readonly Name[];
  /** The message; undefined: that they cannot be used together. */
  readonly says?: string;
  readonly hint?: string;
  /** Options that lift the exclusion. */
  readonly unless?: readonly Name[];
}

const EXCLUDE: readonly Exclusion[] = [
  { one: "group", others: ["line-buffer", "ungroup"] },
  { one: "line-buffer", others: ["ungroup", "keep-order", "json", "results", "files"] },
  { one: "ungroup", others: ["keep-order", "json", "tag", "tagstring", "results", "files"] },
  { one: "files", others: ["json"] },
  {
    one: "tty",
    others: ["keep-order", "json", "tag", "tagstring", "results", "files"],
    hint: "output goes the way of -u: add --group",
    unless: ["group", "line-buffer"],
  },
  { one: "tty", others: ["jobs-file", "progress", "sshlogin", "hosts", "on"] },
  { one: "onall", others: ["nonall", ...NOT_ON_ALL] },
  { one: "nonall", others: [...NOT_ON_ALL, "stdin", "transfer", "trc"] },
  { one: "on", others: ["sshlogin", "hosts"], hint: "a queue has workers of its own" },
  {
    one: "detach",
    others: ["joblog", "results", "json", "halt", "retries", "keep-order", "report"],
    hint: "a detached pool does not wait for results: imp pool --attach does",
  },
  {
    one: "null",
    others: ["delimiter"],
    says: "-0 and -d both say what ends an item: give one of them",
  },
  {
    one: "csv",
    others: ["null", "delimiter"],
    says: "--csv says what ends an item: leave out -0 and -d",
  },
  {
    one: "block",
    others: ["records"],
    says: "--block and -N both say how large a block is: give one of them",
  },
  { one: "pipe", others: ["pipepart"], says: "--pipepart alone is enough: leave out --pipe" },
  {
    one: "pipepart",
    others: ["records"],
    says: "--pipepart does not count records: leave out -N",
    hint: "--pipe does; -N1 of it is --block 1 here, as far as records allow",
  },
  {
    one: "pipepart",
    others: ["sshlogin", "hosts"],
    hint: "--pipe -a FILE sends its blocks to hosts",
  },
  { one: "context", others: ["multiple", "xargs"] },
  { one: "multiple", others: ["xargs"] },
  { one: "call", others: ["chdir"], hint: "imp finds MODULE where it was called: cd there first" },
  {
    one: "records",
    others: ["max-args", "max-lines"],
    says: "-n, -N and -L all say how many items a job gets: give one of them",
  },
  {
    one: "max-args",
    others: ["max-lines"],
    says: "-n, -N and -L all say how many items a job gets: give one of them",
  },
  {
    one: "recend",
    others: ["null", "delimiter"],
    says: "--recend, -0 and -d all say what ends a record: give one of them",
  },
  {
    one: "max-tasks-per-worker",
    others: ["max-tasks-per-child"],
    says: "--max-tasks-per-worker and --max-tasks-per-child are the same",
  },
  { one: "shell", others: ["stdin"], says: "--shell gives the item as $1: leave out --stdin" },
  { one: "shell", others: ["plus"], hint: 'cut "$1" in the script: ${1%.*}' },
  { one: "shell", others: ["replace"], hint: 'write "$1" for the item' },
  {
    one: "jobs",
    others: ["jobs-file"],
    says: "--jobs and --jobs-file both say how many jobs run: give one of them",
  },
];

/** Options whose value must not be empty, as it is if a script's variable was not set. */
const NAME_FILES = [
  "arg-file",
  "joblog",
  "results",
  "tmpdir",
  "jobs-file",
  "report",
  "chdir",
] as const;

/** The kind of pool. @throws UsageError for options that cannot be used together */
export function kindOf(values: Given<PoolOption>): Kind {
  const given = (name: Name) => values.given(name);
  const empty = NAME_FILES.find((name) => isEmpty(values, name));
  if (empty) throw new UsageError(`--${empty} needs a name, and it is empty`);
  const kind = KINDS.find(([name]) => given(name))?.[1] ?? "items";
  for (const { options, says, hint } of BY_KIND[kind]) {
    const name = options.find(given);
    if (name) throw new UsageError(says(name), hint?.(name));
  }
  const ofHosts = given("sshlogin") || given("hosts") ? undefined : OF_HOSTS.find(given);
  if (ofHosts) throw new UsageError(`--${ofHosts} needs hosts: -S HOST,..., or --hosts FILE`);
  const lost = NEEDS.find(([name, needed]) => given(name) && !given(needed));
  if (lost) throw new UsageError(`--${lost[0]} needs ${lost[2]}`);
  for (const { one, others, says, hint, unless } of EXCLUDE) {
    const other = given(one) && !unless?.some(given) ? others.find(given) : undefined;
    if (!other) continue;
    throw new UsageError(says ?? `--${one} and --${other} cannot be used together`, hint);
  }
  return kind;
}

function isEmpty(values: Given<PoolOption>, name: typeof NAME_FILES[number]): boolean {
  return name === "arg-file" ? values.texts(name).includes("") : values.text(name) === "";
}
