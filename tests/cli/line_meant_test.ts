import { assertEquals } from "@std/assert";
import { lineMeant } from "../../src/cli/line_meant.ts";

/** Of a line that begins with a command. @param from where its operands begin */
function line(words: string[], from: number): string {
  const operands = words.slice(from);
  const word = operands[operands.indexOf("--") + 1];
  return lineMeant(word, `imp ${words[0]}`, words, operands);
}

Deno.test("the line that works: variables before a program", () => {
  assertEquals(
    line(["daemon", "-E", "A=1", "A=1", "B=x y", "sleep", "1 2"], 3),
    "imp daemon -E A=1 -E A=1 -E B='x y' -- sleep '1 2'",
  );
  assertEquals(
    line(["start", "web", "--cron", "0 * * * *", "--", "A=1", "sleep", "A=1"], 4),
    "imp start web --cron '0 * * * *' -E A=1 -- sleep A=1",
  );
  assertEquals(
    line(["pool", "-j4", "--", "A=1", "gzip", ":::", "a"], 3),
    "imp pool -j4 -- env A=1 gzip ::: a",
  );
  assertEquals(line(["with", "A=1|2", "true"], 1), "imp with -- env A='1|2' true");
  assertEquals(line(["with", "A=1 env | wc"], 1), "imp with -- sh -c 'A=1 env | wc'");
  assertEquals(line(["init", "A=1", "B=2"], 1), "imp init -- env A=1 B=2 PROGRAM");
});

Deno.test("the line that works: scripts, and a command line in one word", () => {
  assertEquals(
    line(["init", "-v", "cd / && ls"], 2),
    "imp init -v -- sh -c 'cd / && ls'",
  );
  assertEquals(line(["with", "cd $1", "/tmp"], 1), "imp with -- sh -c 'cd $1' sh /tmp");
  assertEquals(
    line(["pool", "gzip -9", ":::", "a b"], 1),
    "imp pool -- gzip -9 ::: 'a b'",
  );
});

Deno.test("the line that works: what is not in the line has the command alone before it", () => {
  const words = ["with", "--daemon", "A=1 redis", "--", "true"];
  assertEquals(lineMeant("A=1", "imp with", words, ["true"]), "imp with -- env A=1 PROGRAM");
  assertEquals(lineMeant("A=1", "imp daemon", [], []), "imp daemon -E A=1 -- PROGRAM");
  assertEquals(lineMeant("A=1", "imp daemon", ["eval"], ["A=1"]), "imp daemon -E A=1 -- PROGRAM");
});
