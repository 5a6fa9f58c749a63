import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandHelp, generalHelp } from "../../src/cli/help.ts";
import { COMMON_OPTIONS, type Option } from "../../src/cli/options.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { displayWidth } from "../../src/cli/table.ts";
import { COMMANDS } from "../../src/commands/registry.ts";

const WIDTH = 80;
const listed = COMMANDS.filter((entry) => !entry.hidden);

/** The start of an option's line in the help. */
function head({ short, name, value }: Option): string {
  return `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
}

Deno.test("the general help names every command that is listed, and no other", () => {
  const page = generalHelp(COMMANDS);
  for (const { name, summary, hidden } of COMMANDS) {
    const line = page.split("\n").find((one) => one.trim().split(" ")[0] === name);
    if (hidden) assertEquals(line, undefined, name);
    else assertStringIncludes(line ?? "", summary);
  }
});

Deno.test("commands stand under what they are for, those of a kind together", () => {
  const groups = listed.map(({ name, group }) => group ?? `${name} has none`);
  const runs = groups.filter((group, i) => group !== groups[i - 1]);
  assertEquals(runs, [...new Set(groups)]);
  assert(!groups.some((group) => group.endsWith("has none")), groups.join(", "));
});

Deno.test("every command has a summary, a synopsis, a description and examples", async () => {
  for (const { name, summary, load } of listed) {
    const command = await load();
    assertEquals(command.name, name);
    assertMatch(summary, /^[a-z].{10,79}[^.]$/, name);
    assert(command.usage.length > 0 && command.description.length > 0, name);
    for (const line of command.usage) assert(line.startsWith(name), line);
    assert(command.examples.length > 0, name);
    for (const { line, says } of command.examples) {
      assertStringIncludes(line, `imp ${name}`);
      assert(says.length > 0, line);
    }
  }
});

Deno.test("the help of a command is made from its table: every option, example and exit status", async () => {
  for (const { name, summary, load } of listed) {
    const command = await load();
    const page = commandHelp(command, summary);
    const lines = page.split("\n");
    assertEquals(lines[0], `imp ${name}: ${summary}`);
    for (const option of [...command.options, ...COMMON_OPTIONS]) {
      const line = lines.find((one) => one === head(option) || one.startsWith(`${head(option)} `));
      assert(line !== undefined, `${name} --${option.name}`);
      for (const word of option.summary.split(" ")) assertStringIncludes(page, word);
    }
    for (const { line, says } of command.examples) {
      assert(lines.includes(`  ${line}`) && lines.includes(`      ${says}`), line);
    }
    for (const [code] of command.exits ?? []) {
      assert(lines.some((line) => line.startsWith(`  ${code} `)), code);
    }
  }
});

Deno.test("no line of any help is wider than 80 columns, and none ends in a space", async () => {
  const pages = await Promise.all(
    listed.map(async ({ load, summary }) => commandHelp(await load(), summary)),
  );
  for (const line of [generalHelp(COMMANDS), ...pages].join("\n").split("\n")) {
    assert(displayWidth(line) <= WIDTH, line);
    assertEquals(line, line.trimEnd());
  }
});

Deno.test("on a narrow terminal only what is to be copied is wider", async () => {
  const width = 40;
  for (const { load, summary } of listed) {
    const command = await load();
    const copied = command.examples.map(({ line }) => `  ${line}`);
    for (const line of commandHelp(command, summary, { width }).split("\n")) {
      if (!copied.includes(line)) assert(displayWidth(line) <= width, `${command.name}: ${line}`);
    }
  }
  for (const line of generalHelp(COMMANDS, { width }).split("\n")) {
    assert(displayWidth(line) <= width, line);
  }
});

Deno.test("options: no two of a command share a name or a letter", async () => {
  for (const { load, name } of COMMANDS) {
    const options: Option[] = [...(await load()).options, ...COMMON_OPTIONS];
    const words = options.flatMap((option) => [option.name, option.short ?? option.name]);
    const letters = options.flatMap(({ short }) => short === undefined ? [] : [short]);
    assertEquals(new Set(words).size, options.length + letters.length, name);
    for (const option of options) {
      assertMatch(option.name, /^[a-z][a-z0-9-]*[a-z0-9]$/);
      if (option.choices) assert(option.value, `${name} --${option.name} has choices of what?`);
    }
  }
});

Deno.test("the examples of a command are understood by its own table", async () => {
  for (const { load, name } of listed) {
    const command = await load();
    for (const { line } of command.examples) {
      // Only what stands between `imp NAME` and what the shell would take for itself.
      const [, rest] = line.split(`imp ${name}`);
      const words = rest.replaceAll(/'[^']*'|\$\([^)]*\)/g, "1").split(/[|>)&;]/)[0].trim().split(
        /\s+/,
      )
        .filter(Boolean);
      parseCommandLine(command, words);
    }
  }
});

Deno.test("headings are bold where colours are wanted, and only there", async () => {
  const [{ load, summary }] = listed;
  const command = await load();
  assertStringIncludes(commandHelp(command, summary, { colored: true }), "\x1b[1mUsage:\x1b[22m");
  assertEquals(commandHelp(command, summary).includes("\x1b"), false);
  assertEquals(generalHelp(COMMANDS).includes("\x1b"), false);
});
