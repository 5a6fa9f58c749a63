import { EXIT } from "../base/exit_codes.ts";
import type { CommandEntry } from "./options.ts";
import { print, useColor } from "./output.ts";
import { parseCommandLine, UnknownWord } from "./parse.ts";
import { reportError } from "./report.ts";
import { runParsed } from "./run_parsed.ts";

/**
 * Runs one command line of imp.
 * @param words what the user wrote after `imp`
 * @returns the exit status; undefined if the process ends by itself
 */
export async function runCommandLine(
  words: readonly string[],
  entries: readonly CommandEntry[],
): Promise<number | undefined> {
  const before = generalOptions(words);
  const [name, ...own] = words.slice(before.length);
  const rest = before.length === 0 ? own : [...before, ...own];
  let where = "imp";
  let operands: readonly string[] = [];
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      return await help(own[0], rest, entries);
    }
    if (name === "--version" || name === "-V") {
      return await runCommandLine(["version", ...rest], entries);
    }
    const entry = find(name, entries);
    where = `imp ${name}`;
    const command = await entry.load();
    // Help is help even if the rest of the line is wrong or incomplete.
    if (asksForHelp(own)) return await help(name, rest, entries);
    const parsed = parseCommandLine(command, rest);
    operands = parsed.operands;
    if (parsed.values.has("help")) return await help(name, rest, entries);
    if (parsed.values.has("verbose")) await enableDiagnostics();
    return await runParsed(command, parsed);
  } catch (error) {
    return await reportError(error, where, operands);
  }
}

/** Common options before the command's name are read as if they came after it. */
function generalOptions(words: readonly string[]): readonly string[] {
  let end = 0;
  while (GENERAL.test(words[end] ?? "")) end += words[end] === "--color" ? 2 : 1;
  return words.slice(0, end);
}

const GENERAL = /^(?:--quiet|--verbose|-[qv]+|--color(?:=.*)?)$/;

function asksForHelp([first]: readonly string[]): boolean {
  return first === "--help" || first === "-h";
}

function find(name: string, entries: readonly CommandEntry[]): CommandEntry {
  const entry = entries.find((one) => one.name === name);
  if (entry) return entry;
  const known = [...entries.filter((one) => !one.hidden).map((one) => one.name), "help"];
  const kind = name.startsWith("-") ? "option" : "command";
  throw new UnknownWord(`unknown ${kind} '${name}'`, name, known);
}

/** @param words may contain `--color` */
async function help(
  name: string | undefined,
  words: readonly string[],
  entries: readonly CommandEntry[],
): Promise<number> {
  const { commandHelp, generalHelp } = await import("./help.ts");
  const { outputWidth } = await import("./width.ts");
  const look = { colored: useColor(colorAmong(words), 1), width: outputWidth() };
  if (name === undefined || name.startsWith("-")) print(generalHelp(entries, look));
  else {
    const entry = entries.find((one) => one.name === name);
    if (entry) print(commandHelp(await entry.load(), entry.summary, look));
    else {
      const { helpTopic } = await import("./pages/help_topic.ts");
      const commands = entries.filter(({ hidden }) => !hidden).map((one) => one.name);
      print(await helpTopic(name, commands, look.colored));
    }
  }
  return EXIT.done;
}

function colorAmong(words: readonly string[]): string | undefined {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  const at = own.lastIndexOf("--color");
  return at >= 0 ? own[at + 1] : own.find((word) => word.startsWith("--color="))?.slice(8);
}

async function enableDiagnostics(): Promise<void> {
  const { enable } = await import("./diagnostics.ts");
  await enable();
}
