import { assert, assertEquals } from "@std/assert";
import { serviceUnitText } from "../../src/boot/systemd_service.ts";
import { pathUnitText } from "../../src/boot/systemd_path.ts";
import { calendarOf, timerUnitText } from "../../src/boot/systemd_timer.ts";
import type { KeptSettings } from "../../src/keeper/records/kept_settings.ts";
import { settingsOf } from "../keeper/samples.ts";

function unit(
  changes: Partial<KeptSettings>,
  of: "system" | "user" = "system",
  scheduled = false,
): string[] {
  return serviceUnitText({
    settings: settingsOf(changes),
    fileOf: (program) => program.includes("/") ? program : `/usr/bin/${program}`,
    ownLog: true,
    values: false,
    of,
  }, scheduled).split("\n");
}

function has(lines: readonly string[], ...wanted: string[]): void {
  for (const line of wanted) assert(lines.includes(line), `${line}\n--\n${lines.join("\n")}`);
}

Deno.test("a service of systemd: what imp does by default", () => {
  const lines = unit({});
  has(lines, "[Install]", "WantedBy=multi-user.target", "Type=exec", "ExecStart=/bin/sleep 60");
  has(lines, "Restart=on-failure", "RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE");
  has(
    lines,
    "StartLimitIntervalSec=0",
    "KillMode=control-group",
    "ExecReload=/bin/kill -HUP $MAINPID",
  );
  has(unit({}, "user"), "WantedBy=default.target");
  assert(!unit({}, "system", true).includes("[Install]"));
});

Deno.test("a service of systemd: settings and their directives", () => {
  const lines = unit({
    ...{
      words: ["tool", "a b", "$x", "5%"],
      ready: ["notify", "tcp:80"],
      watchdogMs: 1500,
      nice: 3,
    },
    ...{ user: "www:web", oomScore: -5, umask: 0o077, maxRestarts: { count: 5, withinMs: 60_000 } },
    ...{ limits: [{ name: "nofile", resource: 7, limit: { soft: 10, hard: Infinity } }] },
    ...{ success: [3, "TERM"], killMode: "main", maxLifetimeMs: 3_600_000, noNewPrivileges: true },
    stop: [{ signal: 2, wait: 5000 }, { signal: 15, wait: 1000 }],
    hooks: { pre: ["check", "x y"], reload: ["/bin/re"] },
    environment: ["TOKEN=secret", "IMP_INSTANCE=2"],
    log: { keep: 5, format: "raw", target: "syslog" },
  });
  has(
    lines,
    "Type=notify",
    "NotifyAccess=all",
    'ExecStart=/usr/bin/tool "a b" $$x 5%%',
    "WatchdogSec=1500ms",
  );
  has(
    lines,
    "User=www",
    "Group=web",
    "OOMScoreAdjust=-5",
    "UMask=0077",
    "Nice=3",
    "LimitNOFILE=10:infinity",
  );
  has(lines, "StartLimitIntervalSec=60s", "StartLimitBurst=6", "SuccessExitStatus=3 SIGTERM");
  has(
    lines,
    "RestartForceExitStatus=SIGHUP SIGINT SIGPIPE",
    "KillMode=process",
    "RuntimeMaxSec=3600s",
  );
  has(
    lines,
    "KillSignal=SIGINT",
    "TimeoutStopSec=6s",
    "NoNewPrivileges=yes",
    "Environment=IMP_INSTANCE=2",
  );
  has(lines, 'ExecStartPre=/usr/bin/check "x y"', "ExecReload=/bin/re", "StandardOutput=journal");
  has(
    lines,
    "# --ready tcp:80: systemd waits for nothing but READY=1; it counts as started at once",
  );
  assert(!lines.join("\n").includes("secret"));
});

const HEALTH = { rules: ["tcp:80"], everyMs: 1000, timeoutMs: 500, retries: 3, restart: false };

Deno.test("a service of systemd: what it has nothing for is reported, also settings that are new", () => {
  const lines = unit({
    noChildren: true,
    maxRssBytes: 1 << 20,
    startMs: 5000,
    health: HEALTH,
    hooks: { onFail: ["mail", "me"], onUnhealthy: ["page", "me"] },
    ...{ tomorrow: [1] },
  });
  for (
    const start of [
      "# --no-children:",
      "# --max-rss 1",
      "# --start-seconds",
      "# --health tcp:80:",
      "# --on-fail:",
      "# --on-unhealthy:",
      "# tomorrow:",
    ]
  ) {
    assert(lines.some((line) => line.startsWith(start)), start);
  }
});

Deno.test("a timer of systemd", () => {
  const text = timerUnitText("job", { everyMs: 90_000, overlap: "queue" });
  has(
    text.split("\n"),
    "OnActiveSec=90s",
    "OnUnitActiveSec=90s",
    "AccuracySec=1s",
    "WantedBy=timers.target",
  );
  assert(text.includes("# --overlap queue"));
  has(
    timerUnitText("job", { cron: "5 4 * * *", overlap: "skip" }).split("\n"),
    "OnCalendar=*-*-* 04:05:00",
    "Persistent=true",
  );
  assert(
    timerUnitText("job", { cron: "0 0 LW * *", overlap: "skip" }).includes("# --cron '0 0 LW * *'"),
  );
});

Deno.test("times of a crontab as times of systemd", () => {
  const cases: [string, string[] | undefined][] = [
    ["*/5 * * * *", ["*-*-* *:00/5:00"]],
    ["30 3 * * 1-5", ["Mon,Tue,Wed,Thu,Fri *-*-* 03:30:00"]],
    ["0 9-17/2 1,15 * *", ["*-*-01,15 09..17/2:00:00"]],
    ["0 0 13 * fri", ["*-*-13 00:00:00", "Fri *-*-* 00:00:00"]],
    ["0 0 * jan-mar 7", ["Sun *-01..03-* 00:00:00"]],
    ["5/20 0 * * *", ["*-*-* 00:05..59/20:00"]],
    ["@weekly", ["Sun *-*-* 00:00:00"]],
    ["0 0 L * *", ["*-*~01 00:00:00"]],
    ["0 0 L,15 * *", ["*-*-15 00:00:00", "*-*~01 00:00:00"]],
    ["0 0 * * 5#2", ["Fri *-*-08..14 00:00:00"]],
    ["0 0 * * mon,fri#5", ["Mon *-*-* 00:00:00", "Fri *-*-29..31 00:00:00"]],
    ["0 0 * 3 7L", ["Sun *-03~07/1 00:00:00"]],
    ["0 0 L * 5#L", ["*-*~01 00:00:00", "Fri *-*~07/1 00:00:00"]],
    ["0 0 1-7 * */7", ["Sun *-*-01..07 00:00:00"]],
    ["0 0 */2 * 5#2", undefined],
    ["0 0 15W * *", undefined],
  ];
  for (const [cron, calendar] of cases) assertEquals(calendarOf(cron), calendar, cron);
  assertEquals(calendarOf("0 0 * * *", "Europe/Berlin"), ["*-*-* 00:00:00 Europe/Berlin"]);
});

Deno.test("a service of systemd: limits, dependencies, changes", () => {
  const limited = unit({
    resources: {
      memoryMaxBytes: 1 << 20,
      cpuMax: 0.5,
      pidsMax: 9,
      ioMax: [{ path: "/a b", rates: { rbps: 5 } }],
    },
    project: { file: "/x/imp.toml", depends: ["db", "seed:finished"] },
  });
  has(
    limited,
    "MemoryMax=1048576",
    "OOMPolicy=kill",
    "CPUQuota=50%",
    "TasksMax=9",
    'IOReadBandwidthMax="/a b" 5',
  );
  has(limited, "Wants=db.service", "After=db.service");
  assert(limited.some((line) => line.startsWith("# depends seed:finished")));
  const onChange = {
    paths: ["/a b", "/c\n"],
    ignore: ["*.o"],
    debounceMs: 200,
    postponed: false,
    overlap: "queue",
  } as const;
  assert(unit({ onChange }).some((line) => line.startsWith("# --on-change")));
  assert(!unit({ onChange, restart: "no" }).some((line) => line.startsWith("# --on-change")));
  const path = pathUnitText("job", onChange).split("\n");
  has(path, "PathModified=/a b", "WantedBy=paths.target");
  assert(
    path.some((line) => line.startsWith("# --ignore")) &&
      path.some((line) => line.startsWith("# --on-change")),
  );
});
