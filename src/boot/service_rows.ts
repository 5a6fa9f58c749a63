// Pure: the settings of a kept daemon as lines of [Service]. One row per setting: what it becomes, or why it becomes nothing.
import { formatDuration } from "../base/duration.ts";
import { formatSize } from "../base/size.ts";
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { signalName } from "../libc/processes/signals.ts";
import { resourceLines, sandboxLines } from "./confinement_rows.ts";
import { isJobOnChange } from "./systemd_path.ts";
import { comment, execLine, listWord, spanText, whole, without } from "./unit_text.ts";

export interface ServiceToExport {
  readonly settings: KeptSettings;
  /** Programs by file name: systemd has a PATH of its own. @throws ImpError if not found */
  readonly fileOf: (program: string) => string;
  /** Its log is imp's default: the journal replaces it. */
  readonly ownLog: boolean;
  /** PATH of the environment that started it. */
  readonly path?: string;
  /** Print variables' values: they may be secrets. */
  readonly values: boolean;
  /** The system's manager, or a user's own. */
  readonly of: "system" | "user";
}

type Lines = readonly string[];
type Row = (one: ServiceToExport) => Lines;
type Key = Exclude<keyof KeptSettings, "schema" | "name">;

const NONE: Lines = [];

export function serviceLines(one: ServiceToExport): string[] {
  const rows = Object.values(SERVICE).flatMap((row) => row(one));
  return [...rows, ...unknownSettings(one.settings)];
}

/**
 * In the order of the unit's lines. Fields added by other parts of imp and unknown here are reported: {@link
 * unknownSettings}.
 */
const SERVICE: Readonly<Partial<Record<Key, Row>>> = {
  words: ({ settings: { words: [program, ...more], chroot }, fileOf }) => [
    // Inside another root only systemd can look.
    `ExecStart=${execLine([chroot === undefined ? fileOf(program) : program, ...more])}`,
  ],
  forking: () => NONE,
  ready: ({ settings: { ready } }) =>
    ready.filter((rule) => rule !== "notify").map((rule) =>
      without(
        `--ready ${rule}`,
        "systemd waits for nothing but READY=1; it counts as started at once",
      )
    ),
  readyTimeoutMs: ({ settings: { readyTimeoutMs } }) => [
    `TimeoutStartSec=${spanText(readyTimeoutMs)}`,
  ],
  watchdogMs: ({ settings: { watchdogMs } }) =>
    watchdogMs === undefined ? NONE : [`WatchdogSec=${spanText(watchdogMs)}`],
  health: ({ settings: { health } }) =>
    health === undefined ? NONE : [
      without(
        `--health ${health.rules.join(", ")}`,
        "systemd has no probes; WatchdogSec= watches a program that pings by sd_notify(3)",
      ),
    ],
  pidfile: ({ settings: { pidfile, forking } }) => {
    if (pidfile === undefined) return NONE;
    return forking
      ? [whole("PIDFile", pidfile)]
      : [without(`--pidfile ${pidfile}`, "systemd reads PIDFile= only with Type=forking")];
  },
  directory: ({ settings: { directory } }) => [whole("WorkingDirectory", directory)],
  chroot: ({ settings: { chroot } }) =>
    chroot === undefined ? NONE : [whole("RootDirectory", chroot)],
  user: ({ settings: { user }, of }) => {
    if (user === undefined) return NONE;
    if (of === "user") {
      return [without(`-u ${user}`, "a user's service manager runs everything as that user")];
    }
    const [name, group] = user.split(":");
    return [`User=${name}`, ...group ? [`Group=${group}`] : []];
  },
  umask: ({ settings: { umask } }) => [`UMask=0${umask.toString(8).padStart(3, "0")}`],
  clearEnvironment: () => NONE,
  environment: ({ settings: { environment }, path, values }) => [
    ...path === undefined ? [] : [`Environment=${listWord(`PATH=${path}`)}`],
    ...environment.map((word) => {
      const name = word.slice(0, word.indexOf("="));
      if (values || name === "IMP_INSTANCE") return `Environment=${listWord(word)}`;
      return without(
        `-E ${name}`,
        `its value is not shown; --values prints it: Environment=${name}=…`,
      );
    }),
  ],
  environmentFiles: ({ settings: { environmentFiles } }) =>
    environmentFiles.map((file) => whole("EnvironmentFile", file)),
  nice: ({ settings: { nice } }) => nice === undefined ? NONE : [`Nice=${nice}`],
  ioPriority: ({ settings: { ioPriority } }) => {
    if (!ioPriority) return NONE;
    const classes = { 1: "realtime", 2: "best-effort", 3: "idle" } as const;
    return [
      `IOSchedulingClass=${classes[ioPriority.class]}`,
      ...ioPriority.class === 3 ? [] : [`IOSchedulingPriority=${ioPriority.level}`],
    ];
  },
  oomScore: ({ settings: { oomScore } }) =>
    oomScore === undefined ? NONE : [`OOMScoreAdjust=${oomScore}`],
  limits: ({ settings: { limits } }) =>
    limits.map(({ name, limit: { soft, hard } }) => {
      const text = (value: number) => value === Infinity ? "infinity" : String(value);
      return `Limit${name.toUpperCase()}=${text(soft)}${
        hard === undefined ? "" : `:${text(hard)}`
      }`;
    }),
  resources: ({ settings: { resources } }) => resourceLines(resources),
  sandbox: ({ settings: { sandbox } }) => sandboxLines(sandbox),
  openFiles: () => NONE,
  noChildren: ({ settings: { noChildren } }) =>
    noChildren
      ? [
        without(
          "--no-children",
          "TasksMax= counts threads too; a unit cannot forbid processes alone",
        ),
      ]
      : NONE,
  noNewPrivileges: ({ settings: { noNewPrivileges } }) =>
    noNewPrivileges ? ["NoNewPrivileges=yes"] : NONE,
  log: logLines,
  restart: ({ settings: { restart } }) => [`Restart=${restart}`],
  backoff: ({ settings: { restart, backoff: { firstMs, mostMs } } }) => {
    if (restart === "no") return NONE;
    return [
      `RestartSec=${spanText(firstMs)}`,
      ...mostMs === firstMs ? [] : [
        comment(
          `--backoff: pauses grow from systemd 254 on, with RestartSteps=8 and RestartMaxDelaySec=${
            spanText(mostMs)
          }`,
        ),
      ],
    ];
  },
  success: ({ settings: { success, restart } }) => {
    const words = success.map((one) => typeof one === "number" ? String(one) : `SIG${one}`);
    // systemd counts these as normal ends, imp does not.
    const failures = ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"].filter((one) =>
      !words.includes(one)
    );
    return [
      ...words.length > 0 ? [`SuccessExitStatus=${words.join(" ")}`] : [],
      ...restart === "on-failure" ? [`RestartForceExitStatus=${failures.join(" ")}`] : [],
    ];
  },
  maxRestarts: () => NONE,
  schedule: () => NONE,
  onChange: ({ settings }) =>
    settings.onChange === undefined || isJobOnChange(settings) ? NONE : [
      without(
        "--on-change",
        "a path unit starts a service that is not running; it does not restart a running one",
      ),
    ],
  startsAfter: ({ settings: { startsAfter } }) =>
    [...startsAfter?.files ?? [], ...startsAfter?.ports ?? []].map((one) =>
      without(`--on-file, --on-port ${one}`, "a unit cannot wait for that")
    ),
  project: ({ settings: { project } }) =>
    (project?.depends ?? []).filter((one) => one.includes(":")).map((one) =>
      without(`depends ${one}`, "After= of a service of Type=oneshot waits for its end")
    ),
  sockets: () => NONE,
  onDemand: ({ settings: { onDemand } }) =>
    onDemand?.idleMs === undefined ? NONE : [without(
      `--idle-stop ${formatDuration(onDemand.idleMs)}`,
      "the service must exit by itself when it is idle",
    )],
  startMs: ({ settings: { startMs, schedule } }) =>
    startMs > (schedule ? 0 : 1000)
      ? [
        without(
          `--start-seconds ${formatDuration(startMs)}`,
          "to systemd, a short run that exits with 0 has not failed",
        ),
      ]
      : NONE,
  maxLifetimeMs: ({ settings: { maxLifetimeMs } }) =>
    maxLifetimeMs === undefined ? NONE : [`RuntimeMaxSec=${spanText(maxLifetimeMs)}`],
  maxRssBytes: ({ settings: { maxRssBytes } }) =>
    maxRssBytes === undefined ? NONE : [
      without(
        `--max-rss ${formatSize(maxRssBytes)}`,
        `MemoryMax=${maxRssBytes} makes the kernel kill it at that size, page cache included`,
      ),
    ],
  stop: ({ settings: { stop } }) => [
    `KillSignal=${stop.length === 0 ? "SIGKILL" : `SIG${signalName(stop[0].signal)}`}`,
    `TimeoutStopSec=${spanText(stop.reduce((sum, { wait }) => sum + wait, 0))}`,
    ...stop.slice(1).map(({ signal, wait }) =>
      without(
        `--stop ${signalName(signal)}:${formatDuration(wait)}`,
        "systemd sends one signal, and after TimeoutStopSec= KILL",
      )
    ),
  ],
  killMode: ({ settings: { killMode } }) => [
    `KillMode=${killMode === "main" ? "process" : "control-group"}`,
  ],
  hooks: ({ settings: { hooks }, fileOf }) => {
    const line = (directive: string, words: Lines | undefined) =>
      words ? [`${directive}=${execLine([fileOf(words[0]), ...words.slice(1)])}`] : [];
    return [
      ...line("ExecStartPre", hooks.pre),
      ...line("ExecStartPost", hooks.post),
      ...line("ExecStop", hooks.stop),
      ...hooks.reload ? line("ExecReload", hooks.reload) : ["ExecReload=/bin/kill -HUP $MAINPID"],
      ...hooks.onFail
        ? [
          without("--on-fail", `OnFailure= takes a unit, not a command: ${hooks.onFail.join(" ")}`),
        ]
        : [],
      ...hooks.onUnhealthy
        ? [without("--on-unhealthy", `systemd has no probes: ${hooks.onUnhealthy.join(" ")}`)]
        : [],
    ];
  },
  waiter: () => NONE,
};

function logLines({ settings: { log, name }, ownLog }: ServiceToExport): string[] {
  const { stdout, stderr, maxBytes, format, target, reopenSignal, terminal } = log;
  const noTerminal = terminal
    ? [without("--tty", "nobody can attach to the terminal of a unit")]
    : [];
  if (target === "syslog") {
    return ["StandardOutput=journal", `SyslogIdentifier=${name}`, ...noTerminal];
  }
  return [
    ...noTerminal,
    ...ownLog ? ["StandardOutput=journal"] : [
      stdout === undefined ? "StandardOutput=null" : whole("StandardOutput", `append:${stdout}`),
    ],
    ...stderr === undefined ? [] : [whole("StandardError", `append:${stderr}`)],
    ...!ownLog && maxBytes !== undefined
      ? [without(`--log-max ${formatSize(maxBytes)}`, "logrotate(8) cuts files")]
      : [],
    ...!ownLog && format !== "raw"
      ? [without(`--log-format ${format}`, "lines stay as they are")]
      : [],
    ...reopenSignal === undefined ? [] : [
      without(
        `--log-reopen ${signalName(reopenSignal)}`,
        "a postrotate script of logrotate sends it",
      ),
    ],
  ];
}

const KNOWN = new Set<string>([...Object.keys(SERVICE), "schema", "name"]);
/** The option names of other settings are not known here; the record's key must do. */
function unknownSettings(settings: KeptSettings): string[] {
  return Object.entries(settings).filter(([name, value]) =>
    !KNOWN.has(name) && value !== undefined && value !== false
  ).map(([name]) => without(name, "imp knows no counterpart in a unit"));
}
