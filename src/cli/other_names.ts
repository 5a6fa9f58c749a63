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
  "--number-of-cores": ["--jobs"],
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
  "--force": ["--now"],
  "-9": ["--now"],
  "--tail": ["--lines"],
  "--kill": ["--end", "--end-parent"],
  "--signal": ["--stop-signal", "--end"],
  "--follow": ["--watch"],
  "--time": ["--timeout", "--grace"],
  "--stop-timeout": ["--timeout", "--grace"],
};
/** Commands of other tools. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  // supervisorctl, pm2
  avail: ["list"],
  pid: ["status"],
  update: ["up"],
  reread: ["up"],
  fg: ["attach"],
  flush: ["logs"],
  startup: ["boot"],
  sendSignal: ["signal"],
  // systemctl
  "is-active": ["status"],
  "daemon-reload": ["up"],
  "list-units": ["list"],
  "try-restart": ["restart"],
  "reload-or-restart": ["reload"],
  cat: ["export"],
  edit: ["up"],
  journalctl: ["logs"],
  "systemd-run": ["start"],
  // runit, s6
  sv: ["status"],
  once: ["start"],
  check: ["status"],
  "force-stop": ["stop"],
  hup: ["reload"],
  term: ["stop"],
  runsv: ["start"],
  supervise: ["start"],
  // tini, dumb-init, start-stop-daemon
  tini: ["init"],
  "dumb-init": ["init"],
  catatonit: ["init"],
  "start-stop-daemon": ["daemon"],
  daemonize: ["daemon"],
  nohup: ["daemon"],
  setsid: ["daemon"],
  ls: ["list"],
  show: ["status"],
  describe: ["status"],
  info: ["status"],
  prettylist: ["list"],
  jlist: ["list"],
  end: ["stop"],
  delete: ["remove"],
  rm: ["remove"],
  del: ["remove"],
  parallel: ["pool"],
  xargs: ["pool"],
  exec: ["run"],
  pstree: ["tree"],
  log: ["logs"],
  tail: ["logs"],
  maintail: ["logs"],
  man: ["manual"],
  completion: ["completions"],
};

/** Where a single word is not the answer: by command and word. */
const HINTS: Readonly<Record<string, string>> = {
  "imp kill": "imp stop NAME ends a daemon; imp signal NAME SIGNAL sends it a signal",
  "imp ps": "imp list shows kept daemons; imp tree shows all processes",
  "imp jobs":
    "imp list shows kept daemons; imp inspect the jobs of this shell; imp runs those of a queue",
  "imp top": "imp list --watch shows kept daemons as they change",
  "imp monit": "imp list --watch shows kept daemons as they change",
  "imp save": "daemons are recorded when they are started; imp boot --install starts them at boot",
  "imp resurrect": "imp start --all starts every known daemon; imp boot --install does so at boot",
  "imp start --name": "the name comes first: imp start NAME -- PROGRAM",
  "imp stop --signal":
    "imp signal NAME SIGNAL sends a signal; imp start --stop-signal sets that of a stop",
  "imp enable --now": "imp start NAME starts it now",
  "imp list --all": "imp list shows all daemons of this user; --all-users those of all users",
  "imp pool --retry-failed":
    "repeat the same command with --joblog FILE --resume-failed: it runs what has failed",
  "imp pool --trim": "trim the items first: sed 's/^ *//; s/ *$//' | imp pool ...",
  "imp pool --rpl":
    "see --plus for more placeholders, or cut \"$1\" in a script: --shell 'f=${1%.gz}; ...'",
  "imp pool -c": "did you mean --shell?",
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
  const names = Object.hasOwn(OPTIONS, word)
    ? OPTIONS[word]
    : Object.hasOwn(COMMANDS, word)
    ? COMMANDS[word]
    : [];
  return names.find((name) => known.includes(name));
}

/** Anything is near to a shorter word. */
const LEAST_LETTERS = 5;

/** Words of other tools that {@link otherName} knows, for a mistyped one. */
export function otherWords(known: readonly string[]): string[] {
  return [...Object.keys(OPTIONS), ...Object.keys(COMMANDS)].filter((word) =>
    word.length >= LEAST_LETTERS && !known.includes(word) && otherName(word, known) !== undefined
  );
}

/** Words for which {@link otherHint} has a sentence. @param where the command */
export function hintedWords(where: string): string[] {
  return Object.keys(HINTS).filter((key) => key.startsWith(`${where} `))
    .map((key) => key.slice(where.length + 1))
    .filter((word) => !word.includes(" ") && word.length >= LEAST_LETTERS);
}
