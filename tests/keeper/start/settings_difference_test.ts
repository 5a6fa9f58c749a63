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
      ...["- words: prog a", "+ words: prog b", "- umask: 022", "+ umask: 077"],
      ...["+ log.maxBytes: 1M", "+ nice: 5"],
    ]),
  );
  assertEquals(diff("--stop INT:1s -- p", "-- p"), [
    "- stop: INT:1s,KILL",
    "+ stop: TERM:10s,KILL",
  ]);
  assertEquals(diff("--pre x -- p", "-- p"), ["- hooks.pre: x"]);
  assertEquals(diff("--ready tcp:80 -- p", "-- p"), ["- ready: tcp:80"]);
});

Deno.test("changed options: of a variable only its name is shown", () => {
  assertEquals(
    diff("-E KEY=secret -E OLD=1 -E SAME=1 -- p", "-E KEY=other -E NEW=2 -E SAME=1 -- p"),
    [
      "- environment KEY: a value that is not shown",
      "+ environment KEY: another value",
      "- environment OLD: a value that is not shown",
      "+ environment NEW: a value",
    ],
  );
});
