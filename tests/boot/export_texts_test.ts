import { assert, assertEquals } from "@std/assert";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { startCommand } from "../../src/commands/start/command.ts";
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

Deno.test("settings as a table: what imp.toml takes as a list alone is a list, also a single one", () => {
  const settings = settingsBy(["--limit", "nofile=100:200", "-E", "A=1", "--", "/bin/a"]);
  const lines = exportToml({ settings, ownLog: true, values: true }).split("\n");
  assert(lines.includes('limit = ["nofile=100:200"]'), lines.join("\n"));
  assert(lines.includes('env = ["A=1"]'), lines.join("\n"));
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
    assertThrows(() => cron(["--every", every]), ImpError, "cron cannot express");
  }
  assertEquals(cron(["--cron", "@daily"])?.slice(0, 9), "@daily cd");
  for (const line of ["0 3 L * *", "0 3 * * 5#2", "0 3 ? * mon", "0 3 15W * *"]) {
    assertThrows(() => cron(["--cron", line]), ImpError, "is more than cron takes");
  }
});
