import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { startCommand } from "../../../src/commands/start/command.ts";
import { parseReady } from "../../../src/ready/rule.ts";
import { settleSettings } from "../../../src/keeper/start/wanted_settings.ts";
import { requestBy } from "../../commands/asking.ts";

function settled(name: string, ...words: string[]) {
  return settleSettings(requestBy(startCommand, ...words).wanted!, name, "/here", "/logs");
}

Deno.test("settings: where the working directory has no path, each must have one", () => {
  const settle = (line: string) =>
    settleSettings(requestBy(startCommand, ...line.split(" ")).wanted!, "web", undefined, "/logs");
  for (
    const line of ["-C . -- p", "-- ./p", "--log x -- p", "--env-file x -- p", "--pre ./x -- p"]
  ) {
    assertThrows(() => settle(line), ImpError, "the working directory has no path", line);
  }
  assertThrows(() => settle("--ready cmd:./x -- p"), ImpError, "cannot find ./x");
  assertEquals(settle("-C /srv -- /bin/p ./a").words, ["/bin/p", "./a"]);
});

Deno.test("settings: paths begin at the root, a bare name stays one", () => {
  const one = settled(
    "web",
    "-C",
    ".",
    "--env-file",
    "e",
    "--log-err",
    "../err",
    "--",
    "./p",
    "./a",
  );
  assertEquals(one.words, ["/here/p", "./a"]);
  assertEquals([one.directory, one.environmentFiles], ["/here", ["/here/e"]]);
  assertEquals([one.log.stdout, one.log.stderr], ["/logs/web.log", "/here/../err"]);
  assertEquals(settled("web", "--", "python3", "x").words, ["python3", "x"]);
  const inside = settled("web", "--chroot", "root", "-p", "run/x.pid", "--", "bin/x");
  assertEquals([inside.chroot, inside.words[0]], ["/here/root", "/bin/x"]);
  assertEquals([inside.directory, inside.pidfile], ["/", "/run/x.pid"]);
});

Deno.test("settings: an instance knows its number and has a log of its own", () => {
  const { environment, log, name } = settled("web@2", "-E", "A=1", "--", "p");
  assertEquals([name, environment], ["web@2", ["IMP_INSTANCE=2", "A=1"]]);
  assertEquals(log.stdout, "/logs/web@2.log");
});

Deno.test("settings: what was left out is not there, as on record", () => {
  const settings = settled("web", "--log", "none", "--", "p");
  assertEquals(JSON.parse(JSON.stringify(settings)), settings);
  assertEquals("user" in settings || "stdout" in settings.log, false);
});

Deno.test("settings: a file of a rule is in the program's directory, a command in the caller's", () => {
  const rules = (...words: string[]) => settled("web", ...words, "--", "p").ready;
  assertEquals(rules("--ready", "file:up", "-C", "there"), ["file:/here/there/up"]);
  assertEquals(rules("--ready", "file:/up"), ["file:/up"]);
  assertEquals(rules("--chroot", "root", "--ready", "file:up"), ["file:/here/root/up"]);
  const commands = ["./check -x 'a b'", "bin/check", "/bin/true", "true x/y"];
  assertEquals(rules(...commands.flatMap((one) => ["--ready", `cmd:${one}`])).map(parseReady), [
    { kind: "cmd", words: ["/here/./check", "-x", "a b"] },
    { kind: "cmd", words: ["/here/bin/check"] },
    { kind: "cmd", words: ["/bin/true"] },
    { kind: "cmd", words: ["true", "x/y"] },
  ]);
  assertEquals(rules("--ready", "log:^file:x"), ["log:^file:x"]);
  assertEquals(settled("web", "--pre", "./a b", "--post", "true", "--", "p").hooks, {
    ...{ pre: ["/here/a", "b"], post: ["true"] },
  });
});
