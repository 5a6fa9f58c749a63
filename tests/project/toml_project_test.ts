import { assertEquals } from "@std/assert";
import { optionsOf, readSample } from "./samples.ts";

Deno.test("imp.toml: keys are options, in every form", () => {
  const { daemons, mistakes } = readSample(
    `
[defaults]
stop_timeout = "5s"
env = { A = "1", B = "2" }

[daemons.web]
command = ["prog", "an argument"]
cwd = "site"
nice = 5
no-children = true
forking = false
success = [3, "TERM"]
ready = "tcp:80"
limit = { nofile = 1024, core = "unlimited" }
env = { B = "\${HERE}", PORT = 8080, DEBUG = true }
depends = ["db", "migrate:finished"]
profiles = "dev"

[daemons.db]
command = "prog 'an argument'"
[daemons.migrate]
command = "x"
`,
    { HERE: "there" },
  );
  assertEquals(mistakes, []);
  const [web, db] = daemons;
  assertEquals(web.words, ["prog", "an argument"]);
  assertEquals(db.words, ["prog", "an argument"]);
  assertEquals(
    new Set(optionsOf(web)),
    new Set([
      ...["--env=A=1", "--env=B=2", "--stop-timeout=5s", "--chdir=site", "--nice=5"],
      ...["--no-children", "--success=3", "--success=TERM", "--ready=tcp:80"],
      ...["--limit=nofile=1024", "--limit=core=unlimited"],
      ...["--env=B=there", "--env=PORT=8080", "--env=DEBUG=true"],
    ]),
  );
  // Of several words for a variable the last one counts.
  assertEquals(optionsOf(web).filter((one) => one.startsWith("--env=B")).at(-1), "--env=B=there");
  assertEquals(optionsOf(db).includes("--chdir=."), true);
  assertEquals(web.depends.map(({ name, finished }) => [name, finished]), [
    ["db", false],
    ["migrate", true],
  ]);
  assertEquals(web.profiles, ["dev"]);
});

Deno.test("imp.toml: all mistakes at once, each where it stands", () => {
  const { mistakes } = readSample(`[daemons.web]
comand = "x"
nice = true
restart = "sometimes"
depends = ["dbb", "a:b"]
env = { A = "\${NOPE}", B = [1], C = 1979-05-27 }
stop-timeout = "1s"
stop_timeout = "2s"

[daemons.db]
command = "sleep 'x"
ready = ["tcp:1", 1, false]
profiles = [1]
[web]
command = "x"
[defaults]
command = "x"
[daemon]
`);
  assertEquals(mistakes, [
    "1:10: 'web' has no command",
    "2:1: unknown key 'comand' in [daemons.web]",
    "3:8: nice must be a text or a number, not true",
    "4:11: restart must be one of no, on-failure, always, not 'sometimes'",
    "5:12: 'web' depends on 'dbb', which does not exist",
    "5:19: 'a:b' names no daemon",
    "6:13: the variable NOPE is not set",
    "6:28: B must be a text, a number, true or false, not a list",
    "6:37: C must be a text, a number, true or false, not a date",
    "8:1: 'stop_timeout' is the same as 'stop-timeout', which stands here already",
    "11:11: in \"sleep 'x\" a ' is not closed",
    "12:22: ready must be a text or a number, not false",
    "13:13: profiles must be a text, not the number 1",
    "14:2: unknown key 'web'",
    "17:1: unknown key 'command' in [defaults]",
    "18:2: unknown key 'daemon'",
  ]);
});

Deno.test("imp.toml: a command of the wrong type is one mistake, and no missing command", () => {
  const mistakes = (table: string) => readSample(`[daemons.a]\n${table}\n`).mistakes;
  assertEquals(mistakes('command = ["sleep", 5]'), [
    "2:21: command must be a text, not the number 5",
  ]);
  assertEquals(mistakes("command = 5").length, 1);
  assertEquals(readSample("[daemons]\nweb = 'x'").mistakes.length, 1);
  assertEquals(mistakes('command = "x"\ncwd = "/"\nchdir = "/"'), [
    "4:1: 'chdir' is the same as 'cwd', which stands here already",
  ]);
});

Deno.test("imp.toml: what is not TOML is reported with its place, and nothing else of that file", () => {
  assertEquals(readSample("[daemons.web]\ncommand = \n").mistakes.length, 1);
  assertEquals(readSample("a = 1\na = 2\n").mistakes.length, 1);
  assertEquals(readSample("[daemons.web\n").mistakes[0].startsWith("1:"), true);
  assertEquals(readSample("").mistakes, []);
  assertEquals(readSample("daemons = 1").mistakes, ["1:1: daemons must be a table"]);
  assertEquals(readSample("[daemons]\nweb = 'x'").mistakes[0], "2:1: daemons.web must be a table");
  assertEquals(readSample("include = 3").mistakes, [
    "1:11: include must be a text, or a list of texts",
  ]);
  assertEquals(readSample("[daemons.__proto__]\ncommand = 'x'").mistakes.length <= 1, true);
});

Deno.test("imp.toml: circles", () => {
  const text = (a: string, b: string) =>
    `[daemons.a]\ncommand="x"\ndepends="${a}"\n[daemons.b]\ncommand="x"\ndepends="${b}"\n`;
  assertEquals(readSample(text("b", "a")).mistakes, [
    "3:9: these wait for each other: a -> b -> a",
  ]);
  assertEquals(readSample(text("a", "a")).mistakes, ["3:9: 'a' waits for itself"]);
});

Deno.test("imp.toml: a socket is one text or a list, as all that may be repeated", () => {
  const { daemons, mistakes } = readSample(`
[daemons.web]
command = "x"
socket = "tcp:8080"
[daemons.api]
command = "x"
socket = ["tcp:8081", "admin=unix:run/admin.sock,mode=0660"]
`);
  assertEquals(mistakes, []);
  assertEquals(daemons.map((one) => optionsOf(one).filter((word) => word.startsWith("--socket"))), [
    ["--socket=tcp:8080"],
    ["--socket=tcp:8081", "--socket=admin=unix:run/admin.sock,mode=0660"],
  ]);
});

Deno.test("imp.toml: at-boot is true, false, or not said; its own counts more than the defaults", () => {
  const boots = (text: string) => {
    const { daemons, mistakes } = readSample(text);
    return mistakes.length > 0 ? "mistake" : daemons.map(({ atBoot }) => atBoot);
  };
  const [a, b] = ["[daemons.a]\ncommand = 'x'\n", "[daemons.b]\ncommand = 'x'\n"];
  assertEquals(boots(`${a}at-boot = true\n${b}`), [true, undefined]);
  assertEquals(boots(`[defaults]\nat_boot = false\n${a}at-boot = true\n${b}`), [true, false]);
  assertEquals(boots(`${a}at-boot = "yes"\n`), "mistake");
});
