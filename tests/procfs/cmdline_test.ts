import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { parseCmdline, readCmdline, readVariable, variableOf } from "../../src/procfs/cmdline.ts";
import { Unreadable } from "../../src/procfs/read.ts";
import { anyText } from "../base/any_text.ts";

const word = anyText().map((text) => text.replaceAll("\0", ""));

Deno.test("the words of a command line come back as they were given", () => {
  const name = word.filter((text) => text !== "");
  fc.assert(fc.property(name, fc.array(word), (first, rest) => {
    // One word followed by empty ones looks the same as a title with its padding.
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

Deno.test("of this process, and of none", () => {
  const words = readCmdline(Deno.pid);
  assertEquals(words instanceof Unreadable ? [] : words.slice(0, 1).length, 1);
  assertEquals(readVariable(Deno.pid, "PATH"), Deno.env.get("PATH"));
  const none = readCmdline(2 ** 22 + 1);
  assertEquals(none instanceof Unreadable && none.gone, true);
});

Deno.test("variables come back as they were set, the first of a name", () => {
  const name = word.filter((text) => text !== "" && !text.slice(1).includes("=")).map((text) =>
    text.replace(/^=/, "_")
  );
  fc.assert(fc.property(fc.array(fc.tuple(name, word)), (variables) => {
    const text = variables.map(([key, value]) => `${key}=${value}\0`).join("");
    for (const [key, value] of new Map(variables.toReversed())) {
      assertEquals(variableOf(text, key), value);
    }
  }));
});

Deno.test("anything else is not a variable", () => {
  const text = "title over it\0A=1\0\0A=2\0AB=3\0=x\0B=";
  assertEquals(["A", "B", "AB", "title", "C"].map((name) => variableOf(text, name)), [
    "1",
    "",
    "3",
    undefined,
    undefined,
  ]);
  assertEquals(variableOf("", "A"), undefined);
});
