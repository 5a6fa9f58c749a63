import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../base/any_text.ts";
import { UsageError } from "../../src/base/errors.ts";
import type { Option } from "../../src/cli/options.ts";
import { parseCommandLine, UnknownWord } from "../../src/cli/parse.ts";

const OPTIONS = [
  { name: "jobs", short: "j", value: "N", summary: "how many" },
  { name: "env", short: "E", value: "K=V", many: true, summary: "a variable" },
  { name: "file", short: "f", value: "FILE", summary: "a file" },
  { name: "mode", value: "MODE", choices: ["fast", "slow"], summary: "how" },
  { name: "all", short: "a", summary: "everything" },
  { name: "both", short: "b", summary: "both" },
  { name: "no-second-fork", summary: "a flag that begins with no-" },
] as const satisfies readonly Option[];

const command = { options: OPTIONS };

const parse = (...words: string[]) => parseCommandLine(command, words);
const permuted = (...words: string[]) => parseCommandLine({ ...command, permute: true }, words);

Deno.test("every way to write a value", () => {
  for (const words of [["-j4"], ["-j=4"], ["-j", "4"], ["--jobs=4"], ["--jobs", "4"]]) {
    const { values, operands } = parse(...words, "x");
    assertEquals([values.text("jobs"), operands], ["4", ["x"]], words.join(" "));
  }
});

Deno.test("flags one by one, in one word, and before a value in the same word", () => {
  for (const words of [["-a", "-b"], ["-ab"], ["-ba"], ["--all", "--both"], ["-abj4"]]) {
    const { values } = parse(...words);
    assertEquals([values.has("all"), values.has("both")], [true, true], words.join(" "));
  }
  assertEquals(parse("-abj4").values.text("jobs"), "4");
  assertEquals(parse("-abj", "4").values.text("jobs"), "4");
  assertEquals(parse("-ja").values.has("all"), false);
  assertEquals(parse("--no-second-fork").values.has("no-second-fork"), true);
});

Deno.test("what was not given is not there", () => {
  const { values } = parse("x");
  assertEquals([values.text("jobs"), values.texts("env"), values.has("all")], [
    undefined,
    [],
    false,
  ]);
});

Deno.test("an option given twice: the last one counts, or all where all count", () => {
  assertEquals(parse("-j1", "--jobs", "2", "-j=3").values.text("jobs"), "3");
  assertEquals(parse("-aa", "--all").values.has("all"), true);
  assertEquals(parse("-E", "A=1", "-EB=2", "--env=A=3").values.texts("env"), [
    "A=1",
    "B=2",
    "A=3",
  ]);
});

Deno.test("a value may begin with a dash, be empty, or look like an option", () => {
  assertEquals(parse("--jobs", "-5").values.text("jobs"), "-5");
  assertEquals(parse("-j", "--all").values.text("jobs"), "--all");
  assertEquals(parse("-j", "--").values.text("jobs"), "--");
  assertEquals(parse("-j-").values.text("jobs"), "-");
  assertEquals(parse("--file=").values.text("file"), "");
  assertEquals(parse("--file", "").values.text("file"), "");
  assertEquals(parse("-f=").values.text("file"), "");
});

Deno.test("any value comes through unchanged, whichever way it is written", () => {
  const value = anyText();
  fc.assert(fc.property(value, (text) => {
    assertEquals(parse("--file", text).values.text("file"), text);
    assertEquals(parse(`--file=${text}`).values.text("file"), text);
    assertEquals(parse("-f", text).values.text("file"), text);
    assertEquals(parse(`-f=${text}`).values.text("file"), text);
    if (text !== "" && !text.startsWith("=")) {
      assertEquals(parse(`-f${text}`).values.text("file"), text);
    }
    assertEquals(parse("-E", text, `--env=${text}`).values.texts("env"), [text, text]);
  }));
  for (const text of ["true", "false", "0", "1e3", "a\nb", "=", "a=b=c", "__proto__", "é", "--"]) {
    assertEquals(parse(`--file=${text}`).values.text("file"), text);
    assertEquals(parse("--env", text).values.texts("env"), [text]);
  }
});

Deno.test("options end at --: nothing behind it is looked at", () => {
  fc.assert(fc.property(fc.array(anyText()), (rest) => {
    const { values, operands } = parse("-a", "--", ...rest);
    assertEquals(operands, rest);
    assertEquals([values.has("all"), values.has("both")], [true, false]);
    assertEquals(permuted("--", ...rest).operands, rest);
  }));
  assertEquals(parse("--", "-a", "--", "--help").operands, ["-a", "--", "--help"]);
});

Deno.test("options end at the first operand: nothing behind it is looked at", () => {
  const operand = fc.oneof(
    fc.constant("-"),
    anyText().filter((text) => !text.startsWith("-")),
  );
  fc.assert(fc.property(operand, fc.array(anyText()), (first, rest) => {
    const { values, operands } = parse("-j4", first, ...rest);
    assertEquals(operands, [first, ...rest]);
    assertEquals(values.text("jobs"), "4");
  }));
  assertEquals(parse("sh", "-a", "--", "--bogus").operands, ["sh", "-a", "--", "--bogus"]);
});

Deno.test("where operands are not a program, options may stand behind them, but not behind --", () => {
  const { values, operands } = permuted("1", "-a", "2", "-j", "4", "-", "--", "-b");
  assertEquals(operands, ["1", "2", "-", "-b"]);
  assertEquals([values.has("all"), values.text("jobs"), values.has("both")], [true, "4", false]);
});

Deno.test("an unknown option is named, with all that are known", () => {
  const table: [words: string[], shown: string][] = [
    [["--job"], "--job"],
    [["--jobs2=3"], "--jobs2"],
    [["--JOBS", "3"], "--JOBS"],
    [["--no-all"], "--no-all"],
    [["--second-fork"], "--second-fork"],
    [["--constructor"], "--constructor"],
    [["--__proto__=1"], "--__proto__"],
    [["--=x"], "--"],
    [["-x"], "-x"],
    [["-ax"], "-x"],
    [["-5"], "-5"],
    [["-a=1"], "-="],
    [["-😀"], "-😀"],
  ];
  for (const [words, shown] of table) {
    const error = assertThrows(() => parse(...words), UnknownWord, "", words.join(" "));
    assertEquals([error.message, error.word], [`unknown option ${shown}`, shown]);
    assert(error.known.includes("--jobs") && error.known.includes("--help"));
  }
});

Deno.test("a value that is missing, and one that is too much", () => {
  for (const words of [["--jobs"], ["-j"], ["-aj"], ["-a", "--jobs"]]) {
    assertThrows(() => parse(...words), UsageError, "needs a value");
  }
  assertThrows(() => parse("-j"), UsageError, "option -j needs a value: -j N");
  assertThrows(() => parse("--all=yes"), UsageError, "option --all takes no value");
  assertThrows(() => parse("--all="), UsageError, "option --all takes no value");
});

Deno.test("a value that must be one of several is one of them", () => {
  assertEquals(parse("--mode", "slow").values.text("mode"), "slow");
  for (const text of ["", "fas", "FAST", "fast,slow"]) {
    assertThrows(
      () => parse("--mode", text),
      UsageError,
      `--mode must be fast or slow, not '${text}'`,
    );
  }
  assertEquals(parse("--color=never").values.text("color"), "never");
  assertThrows(() => parse("--color=blue"), UsageError, "--color must be auto, always or never");
});

Deno.test("any words are taken apart or refused, and never anything else", () => {
  const word = fc.oneof(
    anyText(),
    fc.constantFrom("-a", "-j", "--jobs", "-E", "--", "-", "--mode", "fast", "-abf", "--file="),
  );
  fc.assert(fc.property(fc.array(word), (words) => {
    try {
      const { operands } = parse(...words);
      assertEquals(operands, words.slice(words.length - operands.length));
    } catch (error) {
      assert(error instanceof UsageError, String(error));
    }
  }));
});
