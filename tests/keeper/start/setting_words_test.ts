import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../src/base/errors.ts";
import { startCommand } from "../../../src/commands/start/command.ts";
import type { KeptSettings } from "../../../src/keeper/records/kept_settings.ts";
import { startWordsOf } from "../../../src/keeper/start/setting_words.ts";
import { settingDifferences } from "../../../src/keeper/start/settings_difference.ts";
import { settleSettings } from "../../../src/keeper/start/wanted_settings.ts";
import { requestBy } from "../../commands/asking.ts";
import { runs } from "../../property_runs.ts";

const PROGRAM = ["--", "/bin/prog", "$x", "a b"];

function settingsBy(words: readonly string[]): KeptSettings {
  const { wanted } = requestBy(startCommand, ...words);
  return settleSettings(wanted!, "web", "/srv", "/var/log/imp");
}

/** The words that make such settings again. */
function wordsOf(settings: KeptSettings): string[] {
  const { options, unknown } = startWordsOf(
    settings,
    settings.log.stdout === "/var/log/imp/web.log",
  );
  assertEquals(unknown, []);
  return options.map(({ name, value }) => value === undefined ? `--${name}` : `--${name}=${value}`);
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
    const settings = settingsBy([...line, ...PROGRAM]);
    const words = wordsOf(settings);
    assertEquals(settingsBy([...words, "--", ...settings.words]), settings, words.join(" "));
    if (line.length === 0) assertEquals(words, []);
  }
});

/** Some of the lines together, where they do not contradict each other. */
const anySettings = fc.shuffledSubarray(LINES, { maxLength: 5 }).map((some) => {
  try {
    return settingsBy([...some.flat(), ...PROGRAM]);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return settingsBy([...some[0], ...PROGRAM]);
  }
});

Deno.test("settings as options: of any settings, to options and back", () => {
  fc.assert(
    fc.property(anySettings, (settings) => {
      assertEquals(settingsBy([...wordsOf(settings), "--", ...settings.words]), settings);
    }),
    runs(300),
  );
});

Deno.test("settings as options: settings that differ differ in an option that there is", () => {
  const known = new Set([...startCommand.options.map(({ name }) => `--${name}`), "--"]);
  fc.assert(
    fc.property(anySettings, anySettings, (one, other) => {
      const found = settingDifferences(JSON.parse(JSON.stringify(one)), other);
      for (const { option, before, after } of found) {
        assertEquals(known.has(option.split(" ")[0]), true, option);
        assertEquals(before === after, false, option);
      }
      const same = JSON.stringify(wordsOf(one)) === JSON.stringify(wordsOf(other));
      assertEquals(found.length === 0, same, JSON.stringify([one, other]));
    }),
    runs(300),
  );
});
