import { assertEquals } from "@std/assert";
import { initCommand } from "../../../src/commands/init/command.ts";
import { DEFAULTS } from "../../../src/init/settings.ts";
import { SIGHUP, SIGQUIT, SIGTERM } from "../../../src/libc/abi.ts";
import { assertRefused, requestBy } from "../asking.ts";

Deno.test("imp init: settings are those of the words, the rest as usual", () => {
  const { settings, quiet } = requestBy(initCommand, "-q", "prog", "-g");
  assertEquals(settings, { ...DEFAULTS, words: ["prog", "-g"], parentDeath: undefined });
  assertEquals(quiet, true);
  const words = ["-gw", "-r", "TERM:QUIT", "-rHUP:0", "-e3", "-e", "143", "-p", "TERM"];
  const made = requestBy(initCommand, ...words, "--grace=1s", "prog").settings;
  assertEquals([...made.rewrites], [[SIGTERM, SIGQUIT], [SIGHUP, 0]]);
  assertEquals([...made.expected], [3, 143]);
  assertEquals([made.toGroup, made.tellLeaks, made.parentDeath], [true, true, SIGTERM]);
  assertEquals(made.graceMs, 1000);
});

Deno.test("imp init: what makes no sense is refused", () => {
  assertRefused(initCommand, [
    ["", "no program given"],
    ["''", "no program given"],
    ["-r TERM prog", "'TERM' is not a rewrite"],
    ["-r NOSUCH:TERM prog", "'NOSUCH' is not a signal"],
    ["-e 256 prog", "'256' is not an exit status"],
    ["-p STOP prog", "STOP cannot be forwarded"],
    ["-r KILL:TERM prog", "KILL never reaches imp init, so it cannot be rewritten"],
  ]);
});
