import { assert, assertEquals } from "@std/assert";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { startCommand } from "../../src/commands/start/command.ts";
import { startWordsOf } from "../../src/boot/start_options.ts";
import { exportCommand, exportCrontab, exportToml } from "../../src/boot/export_texts.ts";
import { ImpError } from "../../src/base/errors.ts";
import { splitWords } from "../../src/base/split_words.ts";
import { settleSettings } from "../../src/keeper/start/wanted_settings.ts";
import { assertThrows } from "@std/assert";

function settingsBy(words: readonly string[]) {
  const { values, operands } = parseCommandLine(startCommand, words);
  const { wanted } = startCommand.request(values, operands);
  return settleSettings(wanted!, "web", "/srv", "/var/log/imp");
}

const LINES: string[][] = [
  [],
  ["--chdir", "/a b", "--umask", "077", "--user", "www:www", "--env", "A=1 2", "--env", "B='"],
  ["--clear-env", "--env-file", "/etc/x", "--chroot", "/jail", "--nice", "-3", "--oom-score", "9"],
  ["--ionice", "idle", "--limit", "nofile=10:unlimited", "--limit", "core=1M", "--no-children"],
  ["--ionice", "best-effort:2", "--no-new-privs", "--log", "none", "--waiter", "memfd"],
  ["--log", "syslog"],
  ["--tty"],
  ["--tty", "--log", "syslog"],
  [
    "--log",
    "/x.log",
    "--log-err",
    "/y.log",
    "--log-max",
    "3M",
    "--log-keep",
    "2",
    "--log-format",
    "json",
  ],
  ["--log-reopen", "USR1", "--log", "/x.log"],
  ["--ready", "tcp:80", "--ready", "notify", "--ready-timeout", "90s", "--watchdog", "1500ms"],
  ["--restart", "always", "--backoff", "1s..2m", "--max-restarts", "5/1m", "--success", "3,TERM"],
  ["--restart", "no", "--start-seconds", "0", "--max-lifetime", "1d", "--max-rss", "100000"],
  ["--stop", "TERM:10s,INT:5s,KILL", "--kill-mode", "main"],
  ["--stop", "KILL"],
  ["--stop-signal", "INT", "--stop-timeout", "1h"],
  [
    "--pre",
    "/bin/x 'a b' \"c'd\"",
    "--post",
    "true",
    "--stop-cmd",
    "true",
    "--reload-cmd",
    "true",
    "--on-fail",
    "true",
  ],
  [
    "--health",
    "tcp:80",
    "--health",
    "cmd:true",
    "--health-every",
    "1s",
    "--health-retries",
    "5",
    "--health-start",
    "9s",
    "--health-restart",
    "--on-unhealthy",
    "true",
  ],
  ["--health", "tcp:80"],
  [
    "--memory-max",
    "200M",
    "--memory-high",
    "100M",
    "--cpu-max",
    "50%",
    "--cpu-weight",
    "7",
    "--pids-max",
    "9",
  ],
  ["--io-max", "/srv rbps=10M wiops=5", "--io-weight", "5"],
  ["--read-only", "/", "--read-only", "/x", "--writable", "/srv", "--private-tmp", "--no-network"],
  ["--tty", "--stop-timeout", "7s"],
  ["--tty", "--stop-timeout", "1ms"],
  ["--tty", "--stop-signal", "TERM"],
  ["--tty", "--stop", "HUP:5s,TERM:5s,KILL"],
  ["--stop", "HUP:5s,TERM:5s,KILL"],
  ["--forking", "--pidfile", "/run/x.pid"],
  ["--on-change", "/srv/src", "--on-change", "/etc/x", "--ignore", "*.log", "--debounce", "1s"],
  ["--on-change", "/srv", "--restart", "no", "--postpone", "--overlap", "kill"],
  ["--on-file", "/run/db", "--on-port", "5432", "--on-port", "[::1]:80"],
  ["--every", "90m", "--overlap", "queue", "--run-now"],
  ["--socket", "a=tcp:*:80", "--socket", "unix:x.sock,mode=0660", "--on-demand"],
  ["--socket", "udp:[::1]:53", "--on-demand", "--idle-stop", "5m"],
  ["--cron", "30 3 * * *", "--timezone", "UTC", "--restart", "on-failure", "--start-seconds", "2s"],
];

Deno.test("settings as options: the same options make the same settings", () => {
  for (const line of LINES) {
    const settings = settingsBy([...line, "--", "/bin/prog", "$x", "a b"]);
    const ownLog = settings.log.stdout === "/var/log/imp/web.log";
    const { options, unknown } = startWordsOf(settings, ownLog);
    assertEquals(unknown, []);
    const words = options.flatMap(({ name, value }) =>
      value === undefined ? [`--${name}`] : [`--${name}=${value}`]
    );
    assertEquals(settingsBy([...words, "--", ...settings.words]), settings, words.join(" "));
    if (line.length === 0) assertEquals(words, []);
  }
});

Deno.test("settings as a command: a shell reads the same words; values of variables are shown on demand alone", () => {
  const settings = settingsBy([
    "--chdir",
    "/a b",
    "--env",
    "TOKEN=it's",
    "--",
    "/bin/prog",
    "it's",
    "$x",
    "",
  ]);
  const hidden = exportCommand({ settings, ownLog: true, values: false });
  assertEquals(hidden.includes("it's "), false);
  assertEquals(
    hidden.split("\n")[0],
    "# the value of TOKEN is not shown; --values prints it: --env TOKEN=…",
  );
  const line = exportCommand({ settings, ownLog: true, values: true }).trim();
  assertEquals(splitWords(line), [
    ...[
      "imp",
      "start",
      "web",
      "--chdir",
      "/a b",
      "--env",
      "TOKEN=it's",
      "--",
      "/bin/prog",
      "it's",
      "$x",
      "",
    ],
  ]);
});

Deno.test("settings as a table of imp.toml: texts are quoted, and $ is doubled", () => {
  const settings = settingsBy([
    "--ready",
    "tcp:80",
    "--ready",
    "notify",
    "--forking",
    "--",
    "/bin/a",
    '"\\\n${X}',
  ]);
  assertEquals(exportToml({ settings, ownLog: true, values: false }).split("\n"), [
    "[daemons.web]",
    'command = ["/bin/a", "\\"\\\\\\u000a$${X}"]',
    'chdir = "/"',
    'ready = ["tcp:80", "notify"]',
    "forking = true",
    "",
  ]);
  const project = { file: "/srv/imp.toml", depends: ["db", "migrate:finished"] };
  const toml = exportToml({ settings: { ...settings, project }, ownLog: true, values: false });
  assertEquals(toml.split("\n")[2], 'depends = ["db", "migrate:finished"]');
  assert(!toml.includes("left out"));
});

Deno.test("settings as a line of a crontab", () => {
  const cron = (words: string[]) =>
    exportCrontab({
      settings: settingsBy([...words, "--", "/bin/a", "5%"]),
      ownLog: true,
      values: false,
    })
      .split("\n").at(-2);
  assertEquals(cron([]), "@reboot cd / && /bin/a 5\\%");
  assertEquals(
    cron(["--cron", "1 2 * * *", "--umask", "077"]),
    "1 2 * * * cd / && umask 077; /bin/a 5\\%",
  );
  assertEquals(cron(["--every", "5m"])?.slice(0, 11), "*/5 * * * *");
  assertEquals(cron(["--every", "6h"])?.slice(0, 11), "0 */6 * * *");
  assertEquals(cron(["--every", "1d"])?.slice(0, 9), "0 0 * * *");
  for (const every of ["7m", "10s", "7h", "2d"]) {
    assertThrows(() => cron(["--every", every]), ImpError, "cron has no line");
  }
});
