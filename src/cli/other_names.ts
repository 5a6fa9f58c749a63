/** Options of other tools, and those of imp that do the same; the first that a command has is meant. */
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
  // kill, ps, docker, tini
  "--kill": ["--end", "--end-parent"],
  "--signal": ["--stop-signal", "--end"],
  "--follow": ["--watch"],
  "--time": ["--timeout", "--grace"],
  "--stop-timeout": ["--timeout", "--grace"],
};
/** Commands of other tools. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  ps: ["list", "tree"],
  ls: ["list"],
  show: ["status"],
  describe: ["status"],
  info: ["status"],
  monit: ["list"],
  prettylist: ["list"],
  jlist: ["list"],
  kill: ["stop"],
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

/** What a word of another tool is called here; undefined where nothing is known. */
export function otherName(word: string, known: readonly string[]): string | undefined {
  const names = Object.hasOwn(OPTIONS, word)
    ? OPTIONS[word]
    : Object.hasOwn(COMMANDS, word)
    ? COMMANDS[word]
    : [];
  return names.find((name) => known.includes(name));
}
