import { LINE_WORDS, otherLine } from "./other_lines/other_line.ts";

/** Options of other tools, each with imp's equivalents; the first one that a command has is suggested. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  // GNU parallel, xargs
  "--eta": ["--progress"],
  "--bar": ["--progress"],
  "--max-procs": ["--jobs"],
  "-P": ["--jobs"],
  "--parallel": ["--jobs"],
  "--workers-count": ["--jobs"],
  "--lb": ["--line-buffer"],
  "--linebuffer": ["--line-buffer"],
  "--dryrun": ["--dry-run"],
  "--just-print": ["--dry-run"],
  "--halt-on-error": ["--halt"],
  "--keeporder": ["--keep-order"],
  "--arg-sep": ["--delimiter"],
  "--results-dir": ["--results"],
  "--wd": ["--chdir"],
  "--workdir": ["--chdir"],
  "--max-lines-per-job": ["--max-lines"],
  "--output-as-files": ["--files"],
  "--interactive": ["--dry-run"],
  "--round-robin": ["--workers"],
  "--semaphore": ["--sem"],
  "--semaphorename": ["--sem"],
  // daemonize, start-stop-daemon, systemd-run, supervisord, pm2
  "--pid": ["--pidfile"],
  "--pid-file": ["--pidfile"],
  "--make-pidfile": ["--pidfile"],
  "--chuid": ["--user"],
  "--uid": ["--user"],
  "--background": ["--name"],
  "--output": ["--stdout", "--log"],
  "--error": ["--stderr"],
  "--errors": ["--stderr"],
  "--setenv": ["--env"],
  "--working-directory": ["--chdir"],
  "--cwd": ["--chdir"],
  "--retry": ["--timeout", "--retries"],
  "--group": ["--user"],
  "--nicelevel": ["--nice"],
  "--iosched": ["--ionice"],
  "--notify-await": ["--ready"],
  "--no-close": ["--keep-fd"],
  "--respawn": ["--restart"],
  "--attempts": ["--max-restarts"],
  "--stdlog": ["--log"],
  "--stdoutlog": ["--log"],
  "--pidfiles": ["--pidfile"],
  "--unit": ["--name"],
  "--property": ["--limit"],
  "--on-calendar": ["--cron"],
  "--max-memory-restart": ["--max-rss"],
  "--cron-restart": ["--cron"],
  "--merge-logs": ["--log"],
  "--watch": ["--on-change"],
  // kill, ps, docker, tini
  "--force": ["--now", "--stop"],
  "-f": ["--now", "--stop"],
  "-9": ["--now"],
  "--tail": ["--lines"],
  "--kill": ["--end", "--end-parent"],
  "--signal": ["--stop-signal", "--end"],
  "--follow": ["--watch"],
  "--time": ["--timeout", "--grace"],
  "--stop-timeout": ["--timeout", "--grace"],
};
/** Commands of other tools whose lines are not understood; those of the others: other_lines/. */
const COMMANDS: Readonly<Record<string, string>> = {
  exec: "run",
  pstree: "tree",
  completion: "completions",
  edit: "up",
};

/** Where a single word is not the answer: by command and word. */
const HINTS: Readonly<Record<string, string>> = {
  "imp kill": "imp stop NAME ends a daemon; imp signal NAME SIGNAL sends it a signal",
  "imp ps": "imp list shows kept daemons; imp tree shows all processes",
  "imp jobs":
    "imp list shows kept daemons; imp inspect the jobs of this shell; imp runs those of a queue",
  "imp flush": ": > FILE empties a log; imp status NAME shows its FILE; --log-max rotates it",
  "imp clear": ": > FILE empties a log; imp status NAME shows its FILE; --log-max rotates it",
  "imp reset-failed": "imp start NAME starts a daemon that has given up",
  "imp reset": "imp list counts the restarts since imp start; imp start --replace begins anew",
  "imp reloadLogs": "nothing is needed: imp follows its logs when they are rotated",
  "imp env": "imp status NAME shows the variables that were set, without their values",
  "imp bg": "imp start NAME -- PROGRAM keeps a program running; imp inspect $! explains a job",
  "imp detach": "Ctrl-\\ and then d detach from imp attach",
  "imp edit":
    "imp start NAME --replace OPTIONS -- PROGRAM changes a daemon; imp up those of a file",
  "imp ecosystem": "imp up starts the daemons of imp.toml: imp help up",
  "imp deploy": "imp deploys nothing; imp help from-pm2 compares",
  "imp serve": "for example: imp start web -- python3 -m http.server 8000",
  "imp dump": "daemons are recorded when they are started; imp boot --install starts them at boot",
  "imp at": "imp start NAME --cron '30 3 24 12 *' -- PROGRAM runs it at a time, every year",
  "imp svc": "imp start, stop, restart and signal take the name of a daemon",
  "imp save": "daemons are recorded when they are started; imp boot --install starts them at boot",
  "imp resurrect": "imp start --all starts every known daemon; imp boot --install does so at boot",
  "imp start -d": "leave it out: imp start always starts a daemon",
  "imp start --daemon": "leave it out: imp start always starts a daemon",
  "imp start -n": "the name comes first: imp start NAME -- PROGRAM",
  "imp daemon -d": "leave it out: imp daemon always makes a daemon; -C DIR sets its directory",
  "imp daemon --daemonize": "leave it out: imp daemon always makes a daemon",
  // daemon(1)
  "imp daemon --respawn": "imp start NAME -- PROGRAM restarts it when it fails",
  "imp daemon -r": "imp start NAME -- PROGRAM restarts it when it fails",
  "imp daemon --running": "imp status NAME tells whether it runs",
  "imp daemon --restart": "imp restart NAME, for a daemon of imp start NAME -- PROGRAM",
  "imp daemon --signal":
    "imp signal -p PIDFILE SIGNAL; imp signal NAME SIGNAL for one of imp start",
  "imp daemon --list": "imp list shows the daemons of imp start",
  "imp daemon --foreground": "imp init -- PROGRAM runs it in the foreground",
  "imp daemon -f": "imp init -- PROGRAM runs it in the foreground",
  "imp daemon --inherit":
    "leave it out: the daemon has the caller's environment; -C . its directory",
  "imp daemon --core": "--limit core=unlimited allows core files",
  "imp daemon --noconfig": "leave it out: imp daemon reads no configuration",
  "imp up -d": "leave it out: imp up returns when the daemons are ready",
  "imp up --detach": "leave it out: imp up returns when the daemons are ready",
  "imp inspect -p": "leave out the option: imp inspect PID",
  "imp inspect --pid": "leave out the option: imp inspect PID",
  "imp tree -p": "leave out the option: imp tree PID",
  "imp tree --pid": "leave out the option: imp tree PID",
  "imp run --watch":
    "imp start NAME --on-change . -C . -- imp run FILE restarts it when a file changes",
  "imp start --name": "the name comes first: imp start NAME -- PROGRAM",
  "imp stop --signal":
    "imp signal NAME SIGNAL sends a signal; imp start --stop-signal sets that of a stop",
  "imp enable --now": "imp start NAME starts it now",
  "imp disable --now": "imp stop NAME stops it now",
  "imp --user": "the daemons of imp are those of the user who calls it: leave out --user",
  "imp status --user": "the daemons of imp are those of the user who calls it: leave out --user",
  "imp status -n": "imp logs NAME -n N shows the last lines of its log",
  "imp -c": "imp up -f FILE starts the daemons of a file",
  "imp -w": "imp stop -t 10s NAME waits so long before KILL",
  "imp stop --name": "imp stop NAME stops a kept daemon, imp stop -p FILE that of a pidfile",
  "imp stop --exec": "imp stop NAME stops a kept daemon, imp stop -p FILE that of a pidfile",
  "imp daemon --cron": "imp start NAME --cron LINE -- PROGRAM keeps a daemon with a schedule",
  "imp list --failed": "imp list --json | jq -r 'select(.well | not) | .name'",
  "imp list -l": "imp list shows everything that fits; imp status NAME all about one",
  "imp init --version": "imp version prints the version",
  "imp init -P": "-p SIGNAL is sent when the parent of imp init ends",
  "imp list --all": "imp list shows all daemons of this user; --all-users those of all users",
  "imp pool --retry-failed":
    "repeat the same command with --joblog FILE --resume-failed: it runs what has failed",
  "imp pool --trim": "trim the items first: sed 's/^ *//; s/ *$//' | imp pool ...",
  "imp pool --rpl":
    "see --plus for more placeholders, or cut \"$1\" in a script: --shell 'f=${1%.gz}; ...'",
  "imp pool -c": "did you mean --shell?",
  "imp pool -p": "--dry-run prints the commands; imp asks no questions",
  "imp pool --show-limits": "getconf ARG_MAX shows the limit of a command line",
  "imp pool --process-slot-var": "the slot is {%}, and PARALLEL_JOBSLOT in the environment",
  "imp pool --citation": "imp asks for no citation",
  "imp pool --tmux": "--tty gives the jobs this terminal, -j 1 one at a time",
  "imp pool --cat": "--pipe gives each job a part of the input on its standard input",
  "imp pool --fifo": "--pipe gives each job a part of the input on its standard input",
  "imp pool --tee": "tee >(A) >(B) gives several programs the whole input, in bash",
  "imp pool --profile": "imp reads no profiles; a shell alias can hold options",
  "imp pool -J": "imp reads no profiles; a shell alias can hold options",
  "imp pool --minversion": "imp version prints the version",
  "imp pool --version": "imp version prints the version",
  "imp pool --number-of-cpus": "nproc prints the number of processors; -j 100% means it",
  "imp pool --number-of-cores": "nproc prints the number of processors; -j 100% means it",
  "imp pool --skip-first-line":
    "tail -n +2 FILE | imp pool ... skips the first line; --header names columns",
  "imp pool --shebang": "write a script that calls imp pool",
  "imp pool -U": "-I R makes R stand for the item",
  "imp list -a": "imp list shows all daemons of this user; --all-users those of all users",
};

const FOR_ALL = /^(start|stop|restart|reload|status|logs|remove|enable|disable)-?all$/;

/** A sentence about another tool's word. @param where the command it was given to: `imp`, `imp start` */
export function otherHint(where: string, word: string): string | undefined {
  const verb = where === "imp" ? FOR_ALL.exec(word)?.[1] : undefined;
  if (verb !== undefined) return `did you mean imp ${verb} --all?`;
  const key = `${where} ${word}`;
  return Object.hasOwn(HINTS, key) ? HINTS[key] : undefined;
}

/** imp's name for another tool's word; undefined if unknown. */
export function otherName(word: string, known: readonly string[]): string | undefined {
  const names = Object.hasOwn(OPTIONS, word) ? OPTIONS[word] : [ownCommand(word)];
  return names.find((name) => name !== undefined && known.includes(name));
}

function ownCommand(word: string): string | undefined {
  return Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : otherLine([word], word)?.[0];
}

/** Anything is near to a shorter word. */
const LEAST_LETTERS = 5;

/** Words of other tools that {@link otherName} knows, for a mistyped one. */
export function otherWords(known: readonly string[]): string[] {
  return [...Object.keys(OPTIONS), ...Object.keys(COMMANDS), ...LINE_WORDS].filter((word) =>
    word.length >= LEAST_LETTERS && !known.includes(word) && otherName(word, known) !== undefined
  );
}

/** Words for which {@link otherHint} has a sentence. @param where the command */
export function hintedWords(where: string): string[] {
  return Object.keys(HINTS).filter((key) => key.startsWith(`${where} `))
    .map((key) => key.slice(where.length + 1))
    .filter((word) => !word.includes(" ") && word.length >= LEAST_LETTERS);
}
