import { assertEquals } from "@std/assert";
import { Mistakes } from "../../src/project/mistakes.ts";
import { parseProcfile } from "../../src/project/procfile.ts";
import { optionsOf } from "./samples.ts";

Deno.test("Procfile: names, command lines, ports as foreman gives them", () => {
  const mistakes = new Mistakes();
  const text = "# all\nweb: bundle exec x -p $PORT\r\n\nworker:  rake jobs:work | tee log\n";
  const daemons = parseProcfile(text, "Procfile", {}, mistakes);
  assertEquals(mistakes.all, []);
  assertEquals(daemons.map(({ name, words }) => [name, ...words]), [
    ["web", "sh", "-c", "bundle exec x -p $PORT"],
    ["worker", "sh", "-c", "rake jobs:work | tee log"],
  ]);
  assertEquals(daemons.map(optionsOf), [
    ["--chdir=.", "--env=PORT=5000"],
    ["--chdir=.", "--env=PORT=5100"],
  ]);
  const [web] = parseProcfile(
    text,
    "Procfile",
    { port: "3000", environmentFile: "/x/.env" },
    mistakes,
  );
  assertEquals(optionsOf(web), ["--chdir=.", "--env=PORT=3000", "--env-file=/x/.env"]);
});

Deno.test("Procfile: more processes than there are ports", () => {
  const mistakes = new Mistakes();
  parseProcfile("web: a\nworker: b\n", "Procfile", { port: "65500" }, mistakes);
  assertEquals(mistakes.all.map(({ at, message }) => `${at.line}: ${message}`), [
    "2: the PORT of 'worker' would be 65600, and ports end at 65535",
  ]);
});

Deno.test("Procfile: with a byte order mark", () => {
  const mistakes = new Mistakes();
  const [web] = parseProcfile("\uFEFFweb: a\r\n", "Procfile", {}, mistakes);
  assertEquals([mistakes.all, web.name, web.words.at(-1)], [[], "web", "a"]);
});

Deno.test("Procfile: lines that are none, and names twice", () => {
  const mistakes = new Mistakes();
  parseProcfile("web: a\nnonsense\nweb: b\n: c\nx y: d\ne:\n", "Procfile", {}, mistakes);
  assertEquals(mistakes.all.map(({ at, message }) => `${at.line}: ${message}`), [
    "2: this line names no process",
    "3: 'web' is defined twice",
    ...[4, 5].map((line) => `${line}: this line names no process`),
    "6: this process has no command",
  ]);
});
