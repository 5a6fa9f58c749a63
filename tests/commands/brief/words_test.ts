import { briefBundle } from "../../../src/commands/brief/words.ts";
import { assertEquals } from "@std/assert";

Deno.test("brief commands: their own bundle takes what is asked for often, by the first word", () => {
  const of = (line: string, name = "imp") => briefBundle(name, line.split(" "));
  assertEquals(of("list"), "list");
  assertEquals(of("list web* --json", "/usr/bin/imp"), "list");
  assertEquals(of("status -q web"), "status");
  assertEquals(of("status --all"), "status");
  assertEquals(of("keeper-turn /var/lib/imp/daemons/web", "/usr/bin/imp"), "keeper-turn");
  assertEquals(of("init -s -- sh -c x"), "init");
  // Whatever the options are, the command knows them.
  assertEquals(of("list --help"), "list");
  for (const line of ["", "start web", "-q list", "--color never list", "--version"]) {
    assertEquals(of(line), undefined, line);
  }
  assertEquals(of("list we\uFFFDb"), undefined);
  // A link: its first word is its own.
  assertEquals(of("list", "/usr/bin/daemonize"), undefined);
});
