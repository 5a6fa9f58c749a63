// Command lines and environments: words ended by NUL bytes.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseCmdline, readCmdline } from "../../src/procfs/cmdline.ts";
import { parseEnviron, readEnviron } from "../../src/procfs/environ.ts";
import { Unreadable } from "../../src/procfs/read.ts";

const word = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));

Deno.test("the words of a command line come back as they were given", () => {
  const name = word.filter((text) => text !== "");
  fc.assert(fc.property(name, fc.array(word), (first, rest) => {
    // One word and empty ones cannot be told from a title with its padding.
    fc.pre(rest.length < 2 || rest.some((text) => text !== ""));
    const words = [first, ...rest];
    assertEquals(parseCmdline(words.map((text) => `${text}\0`).join("")), words);
  }));
});

Deno.test("a title over the command line is one word", () => {
  assertEquals(parseCmdline("sshd: root@pts/0\0\0\0\0\0"), ["sshd: root@pts/0"]);
  assertEquals(parseCmdline("postgres: writer   \0\0\0"), ["postgres: writer"]);
  assertEquals(parseCmdline("nginx: master process /usr/sbin/nginx"), [
    "nginx: master process /usr/sbin/nginx",
  ]);
});

Deno.test("kernel threads and zombies have no words", () => {
  assertEquals(parseCmdline(""), []);
  assertEquals(parseCmdline("\0\0\0"), []);
});

Deno.test("variables come back as they were set, the first of a name", () => {
  const name = word.filter((text) => text !== "" && !text.slice(1).includes("=")).map((text) =>
    text.replace(/^=/, "_")
  );
  fc.assert(fc.property(fc.array(fc.tuple(name, word)), (variables) => {
    const parsed = parseEnviron(variables.map(([key, value]) => `${key}=${value}\0`).join(""));
    const first = new Map(variables.toReversed());
    assertEquals(parsed, new Map([...parsed.keys()].map((key) => [key, first.get(key)!])));
    assertEquals(parsed.size, first.size);
  }));
});

Deno.test("what is no variable is none", () => {
  assertEquals(parseEnviron("title over it\0A=1\0\0A=2\0=x\0B="), new Map([["A", "1"], ["B", ""]]));
});

Deno.test("of this process, and of none", () => {
  const words = readCmdline(Deno.pid);
  assertEquals(words instanceof Unreadable ? [] : words.slice(0, 1).length, 1);
  const environment = readEnviron(Deno.pid);
  assertEquals(
    environment instanceof Unreadable ? "" : environment.get("PATH"),
    Deno.env.get("PATH"),
  );
  const none = readCmdline(2 ** 22 + 1);
  assertEquals(none instanceof Unreadable && none.gone, true);
});
