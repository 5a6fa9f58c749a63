import { assertEquals } from "@std/assert";
import { daemonCommand } from "../../../src/commands/daemon/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

Deno.test("imp daemon: settings are those of the words, the rest as usual", () => {
  const { settings, report } = requestBy(daemonCommand, "prog", "-p", "x");
  assertEquals(settings.words, ["prog", "-p", "x"]);
  assertEquals([settings.route, settings.directory, settings.umask], ["auto", "/", 0o022]);
  assertEquals([settings.pidfile, settings.secondFork, report], [undefined, true, "pid"]);
  const all = requestBy(daemonCommand, "-E", "A=1", "-EB=2", "-o", "log", "--truncate", "prog");
  assertEquals(all.settings.environment, ["A=1", "B=2"]);
  assertEquals([all.settings.stdout, all.settings.truncate], ["log", true]);
  assertEquals(requestBy(daemonCommand, "--json", "-q", "prog").report, "json");
  assertEquals(requestBy(daemonCommand, "-q", "prog").report, "nothing");
});

Deno.test("imp daemon: what contradicts itself is refused", () => {
  assertRefused(daemonCommand, [
    ["", "no program given"],
    ["-n x -p y prog", "-n and -p both say where the pidfile is: give one of them"],
    ["--keep-fd 1 -o f prog", "--keep-fd 1 and --stdout cannot be used together"],
    ["-o '' prog", "--stdout needs the name of a file"],
    ["-u '' prog", "--user must not be empty"],
    ["-n a/b prog", "'a/b' is not a valid name for a daemon"],
  ]);
});
