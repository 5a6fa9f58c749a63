import { assertEquals } from "@std/assert";
import { startCommand } from "../../../src/commands/start/command.ts";
import {
  differenceLines,
  settingDifferences,
} from "../../../src/keeper/start/settings_difference.ts";
import { settleSettings } from "../../../src/keeper/start/wanted_settings.ts";
import { requestBy } from "../../commands/asking.ts";

function settings(line: string) {
  const words = line.split(" ").filter(Boolean);
  return settleSettings(requestBy(startCommand, ...words).wanted!, "web", "/here", "/logs");
}

function diff(before: string, after: string): string[] {
  // As it comes back from the record.
  const recorded = JSON.parse(JSON.stringify(settings(before)));
  return differenceLines(settingDifferences(recorded, settings(after)));
}

Deno.test("changed options: the same words make no difference", () => {
  const line = "-E A=1 --limit core=unlimited --stop TERM:1s --log-max 1M --pre x -- prog a";
  assertEquals(diff(line, line), []);
  assertEquals(diff("--nice 3 -u me -- prog", "-u me --nice 3 -- prog"), []);
});

Deno.test("changed options: each as a line before and one after", () => {
  assertEquals(
    new Set(diff("-- prog a", "--nice 5 -m 077 --log-max 1M -- prog b")),
    new Set([
      ...["- -- prog a", "+ -- prog b", "- --umask 022", "+ --umask 077"],
      ...["+ --log-max 1M", "+ --nice 5"],
    ]),
  );
  assertEquals(diff("--stop INT:1s -- p", "-- p"), [
    "- --stop INT:1s,KILL",
    "+ --stop TERM:10s,KILL",
  ]);
  assertEquals(diff("--pre x -- p", "-- p"), ["- --pre x"]);
  assertEquals(diff("--ready tcp:80 -- p", "-- p"), ["- --ready tcp:80"]);
});

Deno.test("changed options: of a variable only its name is shown", () => {
  assertEquals(
    diff("-E KEY=secret -E OLD=1 -E SAME=1 -- p", "-E KEY=other -E NEW=2 -E SAME=1 -- p"),
    [
      "- --env KEY (a value that is not shown)",
      "+ --env KEY (another value)",
      "- --env OLD (a value that is not shown)",
      "+ --env NEW (a value)",
    ],
  );
});

Deno.test("changed options: what is shown can be said, and means the same again", () => {
  const lines = [
    ..."--start-seconds 3s|--backoff 1s..5s|--max-restarts 5/1m|--success 3,TERM|--max-lifetime 1h"
      .split("|"),
    ..."--max-rss 1G|--watchdog 5s|--ready-timeout 5s|--kill-mode main|--restart always|--forking"
      .split("|"),
    ..."--no-children|--no-new-privs|--clear-env|--ionice idle|--ionice best-effort:3|--oom-score 5"
      .split("|"),
    ..."--limit nofile=5:unlimited|--limit core=unlimited|--log /l --log-max 1M --log-keep 3".split(
      "|",
    ),
    ..."--log-err /e|--log-format json|--log-reopen USR1 --log-max 1M|--log syslog|--log none"
      .split("|"),
    ..."--on-fail x|--stop-cmd x|--reload-cmd x|--post x|--pidfile /p|--waiter memfd|--chroot /c"
      .split("|"),
    ..."--ready tcp:80 --ready delay:2s|--env-file /a --env-file /b|--every 1m|--user me|-C /d"
      .split("|"),
    "--cron @daily --timezone UTC --overlap kill",
    "--socket tcp:127.0.0.1:8080 --socket web=unix:/s,mode=0600 --on-demand --idle-stop 5m",
  ];
  for (const line of lines) {
    const plain = settings("-- p"), there = settings(`${line} -- p`);
    const given = differenceLines(settingDifferences(plain, there))
      .filter((one) => one.startsWith("+ ")).map((one) => one.slice(2));
    assertEquals(settings(`${given.join(" ")} -- p`), there, given.join(" "));
  }
});
