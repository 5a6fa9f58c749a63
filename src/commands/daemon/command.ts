import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, JSON_OPTION, type Option, type Values } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { daemonize } from "../../daemon/daemonize.ts";
import { needsFork } from "../../daemon/plan.ts";
import { runtimeDirectory } from "../../daemon/runtime_directory.ts";
import type { Daemon, DaemonSettings, Route } from "../../daemon/settings.ts";
import { isStandIn } from "../../libc/descriptors/descriptors.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { parseDescriptor, parseLimit, parseNice, parseUmask, parseVariable } from "./values.ts";

const OPTIONS: readonly Option[] = [
  {
    group: "Identity",
    name: "name",
    short: "n",
    value: "NAME",
    summary: "keep the pidfile as NAME.pid in imp's own directory",
  },
  {
    group: "Identity",
    name: "pidfile",
    short: "p",
    value: "FILE",
    summary:
      "write the PID to FILE and hold a lock beside it while the daemon lives; a second start is refused",
  },
  {
    group: "Identity",
    name: "user",
    short: "u",
    value: "USER[:GROUP]",
    summary: "run as USER, with USER's groups, HOME, USER, LOGNAME and SHELL; names or numbers",
  },
  {
    group: "Surroundings",
    name: "chdir",
    short: "C",
    value: "DIR",
    summary: "work in DIR (default /; '.' stays here)",
  },
  {
    group: "Surroundings",
    name: "umask",
    short: "m",
    value: "MASK",
    summary: "file mode creation mask, octal (default 022)",
  },
  {
    group: "Surroundings",
    name: "env",
    short: "E",
    value: "K=V",
    many: true,
    summary: "set a variable in the daemon's environment, also one that -u sets",
  },
  {
    group: "Surroundings",
    name: "clear-env",
    summary: "begin with an empty environment, also with -u; -E still adds to it",
  },
  {
    group: "Surroundings",
    name: "chroot",
    value: "DIR",
    summary: "make DIR the root directory; PROGRAM and -C DIR are looked up inside",
  },
  {
    group: "Surroundings",
    name: "nice",
    value: "N",
    summary: "run at nice value N, -20 (first) to 19 (last)",
  },
  {
    group: "Surroundings",
    name: "limit",
    value: "NAME=SOFT[:HARD]",
    many: true,
    summary: "set a resource limit: nofile, nproc, core, as, …; 'unlimited', sizes as 64K 10M 1G",
  },
  {
    group: "Descriptors",
    name: "stdin",
    short: "i",
    value: "FILE",
    summary: "read standard input from FILE (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "stdout",
    short: "o",
    value: "FILE",
    summary: "append standard output to FILE (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "stderr",
    short: "e",
    value: "FILE",
    summary: "append standard error to FILE, which may be the one of -o (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "truncate",
    summary: "empty the files of -o and -e as the last step before exec",
  },
  {
    group: "Descriptors",
    name: "keep-fd",
    value: "N",
    many: true,
    summary: "leave descriptor N of the caller open in the daemon",
  },
  {
    group: "How",
    name: "route",
    value: "ROUTE",
    choices: ["auto", "spawn", "fork"],
    summary:
      "spawn: setsid and posix_spawn, fast; fork: fork, setsid, fork, exec, step by step; auto (default): spawn where it can serve",
  },
  {
    group: "How",
    name: "no-second-fork",
    summary: "stop after setsid: the daemon leads its session and could get a terminal",
  },
  {
    group: "How",
    name: "no-children",
    summary: "the daemon may start threads but no process: the kernel says EPERM",
  },
  {
    ...JSON_OPTION,
    group: "How",
    summary: "print an object with pid, route and pidfile instead of the bare PID",
  },
];

export const daemonCommand: Command = {
  name: "daemon",
  usage: ["daemon [OPTIONS] [--] PROGRAM [ARG...]"],
  description: [
    "Starts PROGRAM as a daemon: adopted by init (or the nearest subreaper), in a session of its own that it does not lead, " +
    "without a terminal, in /, with umask 022, with descriptors 0-2 on /dev/null and no others, with an empty signal mask and " +
    "default signal dispositions. Prints its PID and returns when exec has succeeded; nothing of imp stays.",
    "When anything fails, imp says which step and why, and leaves nothing running and nothing on disk.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "imp daemon -- python3 -m http.server 8000",
      says: "a web server that survives the terminal and the login",
    },
    {
      line: "pid=$(imp daemon -p /run/web.pid -o /var/log/web.log -e /var/log/web.log -- ./server)",
      says: "refused while it runs already; both outputs in one log",
    },
    {
      line: "imp daemon -n sync -u www-data -C . --nice 10 --limit nofile=4096 -- ./sync.sh",
      says: "as another user, in this directory, with less priority",
    },
    {
      line: "imp daemon --route fork --verbose -- sleep 60",
      says: "the steps of the textbook, one by one",
    },
  ],
  exits: [
    ["0", "the daemon runs, and its PID was printed"],
    ["1", "it runs already"],
    ["2", "wrong usage"],
    ["125", "a step before exec failed: user, directory, log, pidfile, limit, fork …"],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
  ],
  run,
};

async function run(values: Values, operands: string[]): Promise<number> {
  const settings = settingsFrom(values, operands);
  await daemonize(settings, (daemon) => report(daemon, settings, values));
  return EXIT.done;
}

function report(daemon: Daemon, { pidfile }: DaemonSettings, values: Values): void {
  // A caller that has closed it does not want to be told.
  if (isStandIn(1)) return;
  if (values.has("json")) print(JSON.stringify({ ...daemon, pidfile: pidfile ?? null }));
  else if (!values.has("quiet")) print(String(daemon.pid));
}

function settingsFrom(values: Values, operands: string[]): DaemonSettings {
  if (operands.length === 0 || operands[0] === "") {
    throw new UsageError("no program given", "for example: imp daemon -- sleep 60");
  }
  const keep = values.texts("keep-fd").map(parseDescriptor);
  refuseContradictions(values, keep);
  const nice = values.text("nice");
  return refuseImpossibleRoute({
    words: rawWords(operands),
    route: (values.text("route") ?? "auto") as Route | "auto",
    directory: values.text("chdir") ?? "/",
    umask: parseUmask(values.text("umask") ?? "022"),
    stdin: values.text("stdin"),
    stdout: values.text("stdout"),
    stderr: values.text("stderr"),
    truncate: values.has("truncate"),
    ...pidfileFrom(values),
    user: values.text("user"),
    environment: values.texts("env").map(parseVariable),
    clearEnvironment: values.has("clear-env"),
    chroot: values.text("chroot"),
    nice: nice === undefined ? undefined : parseNice(nice),
    limits: values.texts("limit").map(parseLimit),
    secondFork: !values.has("no-second-fork"),
    noChildren: values.has("no-children"),
    keep,
  });
}

function pidfileFrom(values: Values): Pick<DaemonSettings, "pidfile" | "ownPidDirectory"> {
  const name = values.text("name");
  if (name === undefined) return { pidfile: values.text("pidfile"), ownPidDirectory: false };
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UsageError(
      `'${name}' is no name for a daemon`,
      "use letters, digits, '.', '_' and '-', at most 64 of them, beginning with a letter, a digit or '_'",
    );
  }
  return { pidfile: `${runtimeDirectory()}/${name}.pid`, ownPidDirectory: true };
}

function refuseContradictions(values: Values, keep: readonly number[]): void {
  if (values.text("name") !== undefined && values.text("pidfile") !== undefined) {
    throw new UsageError("-n and -p both say where the pidfile is: give one of them");
  }
  for (const [fd, option] of ["stdin", "stdout", "stderr"].entries()) {
    if (values.text(option) === "") throw new UsageError(`--${option} needs the name of a file`);
    if (keep.includes(fd) && values.text(option) !== undefined) {
      throw new UsageError(`--keep-fd ${fd} and --${option} contradict each other`);
    }
  }
  for (const option of ["pidfile", "chdir", "chroot", "user"]) {
    if (values.text(option) === "") throw new UsageError(`--${option} must not be empty`);
  }
}

function refuseImpossibleRoute(settings: DaemonSettings): DaemonSettings {
  const reasons = settings.route === "spawn" ? needsFork(settings) : [];
  if (reasons.length === 0) return settings;
  throw new UsageError(
    `${reasons.join(", ")} cannot be had with --route spawn`,
    "leave --route out, or say --route fork",
  );
}
