import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { keystrokes, quote, quoteAll, shellEnvironment } from "../../src/compare/shells.ts";
import { anyText } from "../base/any_text.ts";

Deno.test("quote: plain words stay as they are", () => {
  assertEquals(quote("/usr/bin/python3"), "/usr/bin/python3");
  assertEquals(quote("--port=80"), "--port=80");
  assertEquals(quote(""), "''");
  assertEquals(quote("=ls"), "'=ls'");
  assertEquals(quote("~"), "'~'");
  assertEquals(quote("it's"), `'it'\\''s'`);
  assertEquals(quote("a=b"), "a=b");
});

Deno.test("quote: a shell reads every word back", async () => {
  const word = anyText(12)
    .filter((text) => !text.includes("\0") && text.isWellFormed());
  const words = fc.sample(word, { numRuns: 300, seed: 1 }).concat(
    "*",
    "$(x)",
    "`x`",
    "!",
    "-n",
    "\n",
  );
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `printf '%s\\0' ${quoteAll(words)}`],
  }).output();
  assertEquals(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
});

Deno.test("keystrokes: the terminal must not take control characters for itself", () => {
  assertEquals(keystrokes("ls"), "ls\n");
  assertEquals(keystrokes("a\x03b\x7f"), "a\x16\x03b\x16\x7f\n");
  assertEquals(keystrokes("'two\nlines'"), "'two\nlines'\n");
});

Deno.test("shellEnvironment: nothing of the user's changes how the shell behaves", () => {
  const user = {
    PATH: "/bin",
    ENV: "/home/me/.profile",
    BASHOPTS: "huponexit",
    HISTFILE: "/home/me/.history",
    PS1: "$ ",
    TMOUT: "1",
    IMP_COMPARE: "outer.daemon",
    "BASH_FUNC_nohup%%": "() { rm -rf /; }",
  };
  const words = shellEnvironment(user, { prompt: "[x] ", more: ["IMP_COMPARE=abc"] });
  assertEquals(words, ["PATH=/bin", "PS1=[x] ", "TERM=dumb", "HISTFILE=", "IMP_COMPARE=abc"]);
  assert(!words.some((word) => word.includes("huponexit")));
});
