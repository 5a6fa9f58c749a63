// Pure: keys of process-compose, Docker Compose, supervisord, Pebble and systemd, and those of imp.toml.
const KEYS: Readonly<Record<string, string>> = {
  ...{ cmd: "command", exec: "command", program: "command", run: "command", script: "command" },
  ...{ "exec-start": "command", execstart: "command", entrypoint: "command", args: "command" },
  ...{ environment: "env", vars: "env", environmentfile: "env-file" },
  ...{
    "working-dir": "cwd",
    "working-directory": "cwd",
    workingdirectory: "cwd",
    directory: "cwd",
  },
  ...{ requires: "depends", after: "depends", wants: "depends", needs: "depends" },
  ...{ autorestart: "restart", availability: "restart", "on-failure": "restart" },
  ...{ startretries: "max-restarts", "backoff-seconds": "backoff", "backoff-delay": "backoff" },
  ...{ restartsec: "backoff", startsecs: "start-seconds", exitcodes: "success" },
  ...{ shutdown: "stop-signal", killsignal: "stop-signal", stopwaitsecs: "stop-timeout" },
  ...{ "kill-delay": "stop-timeout", "stop-grace-period": "stop-timeout" },
  ...{ "readiness-probe": "ready", "ready-log-line": "ready", startup: "at-boot" },
  ...{ "liveness-probe": "health", healthcheck: "health", check: "health" },
  ...{
    "stdout-logfile": "log",
    "log-location": "log",
    logfile: "log",
    "stderr-logfile": "log-err",
  },
  ...{ schedule: "cron", interval: "every", replicas: "instances", numprocs: "instances" },
  ...{ "is-daemon": "forking", autostart: "at-boot", enabled: "at-boot" },
  ...{ namespace: "profiles", disabled: "profiles", watch: "on-change", memory: "memory-max" },
};

/** The key that stands here for another program's. @param word with `-` */
export function otherKey(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const key = Object.hasOwn(KEYS, lower) ? KEYS[lower] : undefined;
  // cwd is another name of chdir, which the table of options has.
  return key !== undefined && known.includes(key === "cwd" ? "chdir" : key) ? key : undefined;
}
