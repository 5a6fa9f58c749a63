// The parts of `scripts/bench/run all`, and the peers they are compared with.

export interface BenchPart {
  /** The script, and its title in docs/benchmarks.md. */
  readonly name: string;
  readonly title: string;
  /** Arguments for a run of a few seconds. */
  readonly quick: readonly string[];
}

/** The most informative ones first: a quick run ends when its time is over. */
export const PARTS: readonly BenchPart[] = [
  { name: "startup", title: "Start-up", quick: ["20"] },
  { name: "init", title: "init", quick: ["--quick"] },
  { name: "pool", title: "pool", quick: ["1", "--jobs=200", "throughput", "large", "ownTime"] },
  { name: "pool_workers", title: "Records and blocks", quick: ["--quick"] },
  { name: "hosts", title: "Pools over hosts", quick: ["1", "--jobs=500"] },
  { name: "queue_jobs", title: "Jobs by a queue", quick: ["1", "--jobs=500"] },
  { name: "tree", title: "Family", quick: ["500", "5"] },
  { name: "keeper", title: "Kept daemons", quick: ["2", "20"] },
  { name: "up", title: "imp up", quick: ["1", "20"] },
  { name: "schedules", title: "Schedules", quick: ["5", "100"] },
  { name: "queues", title: "Queues", quick: ["1"] },
  { name: "managers", title: "Managers", quick: ["1"] },
  { name: "short", title: "Short programs", quick: ["1"] },
  { name: "multiprocessing", title: "Pools in TypeScript", quick: ["1"] },
  { name: "process", title: "Processes in TypeScript", quick: ["1"] },
  { name: "with", title: "Helpers", quick: [] },
];

export interface BenchPeer {
  readonly program: string;
  /** The package in Debian and Ubuntu. */
  readonly install: string;
  /** The command that prints its version. */
  readonly version?: readonly string[];
}

const apt = (name: string) => `apt-get install ${name}`;

export const PEERS: readonly BenchPeer[] = [
  { program: "start-stop-daemon", install: apt("dpkg"), version: ["--version"] },
  { program: "daemonize", install: apt("daemonize") },
  { program: "daemon", install: apt("daemon"), version: ["--version"] },
  { program: "setsid", install: apt("util-linux"), version: ["--version"] },
  { program: "tini", install: apt("tini"), version: ["--version"] },
  { program: "dumb-init", install: apt("dumb-init"), version: ["--version"] },
  { program: "catatonit", install: apt("catatonit"), version: ["--version"] },
  { program: "xargs", install: apt("findutils"), version: ["--version"] },
  { program: "parallel", install: apt("parallel"), version: ["--version"] },
  // Debian renames the one of moreutils if both are installed.
  { program: "parallel.moreutils", install: apt("moreutils parallel") },
  { program: "ssh", install: apt("openssh-client"), version: ["-V"] },
  { program: "sshd", install: apt("openssh-server") },
  { program: "nats-server", install: apt("nats-server"), version: ["--version"] },
  { program: "redis-server", install: apt("redis-server"), version: ["--version"] },
  { program: "ps", install: apt("procps"), version: ["--version"] },
  { program: "pstree", install: apt("psmisc"), version: ["--version"] },
  { program: "runsv", install: apt("runit") },
  { program: "s6-supervise", install: apt("s6") },
  { program: "supervisord", install: apt("supervisor"), version: ["--version"] },
  { program: "python3", install: apt("python3"), version: ["--version"] },
  { program: "node", install: `${apt("nodejs npm")}; pm2 and others come by npm`, version: ["-v"] },
  { program: "cc", install: apt("gcc libc6-dev"), version: ["--version"] },
];
