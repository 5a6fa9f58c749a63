import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { CommandEntry } from "./options.ts";
import { print, useColor } from "./output.ts";
import { parseCommandLine, UnknownWord } from "./parse.ts";
import { reportError } from "./report.ts";

/**
 * Runs one command line of imp.
 * @param words what the user wrote after `imp`
 * @returns the exit status; undefined when the process ends by itself
 */
export async function runCommandLine(
  words: readonly string[],
  entries: readonly CommandEntry[],
): Promise<number | undefined> {
  const [name, ...rest] = words;
  let where = "imp";
  try {
    if (name === undefined) throw new UsageError("no command given");
    if (name === "--help" || name === "-h" || name === "help") return await help(rest, entries);
    const entry = find(name, entries);
    where = `imp ${name}`;
    const command = await entry.load();
    // Help is help even when the rest of the line is wrong or incomplete.
    if (asksForHelp(rest)) return await help([name], entries);
    const { values, operands } = parseCommandLine(command, rest);
    if (values.has("help")) return await help([name], entries);
    if (values.has("verbose")) await enableDiagnostics();
    return await command.run(frozen(command.request(values, operands)));
  } catch (error) {
    return await reportError(error, where);
  }
}

/** A request and the parts of it: what changes while a command runs is kept elsewhere. Long lists are left as they are. */
function frozen<R extends object>(request: R): Readonly<R> {
  for (const part of Object.values(request)) {
    if (part && Object.getPrototypeOf(part) === Object.prototype) frozen(part);
  }
  return Object.freeze(request);
}

function asksForHelp([first]: readonly string[]): boolean {
  return first === "--help" || first === "-h";
}

function find(name: string, entries: readonly CommandEntry[]): CommandEntry {
  const entry = entries.find((one) => one.name === name);
  if (entry) return entry;
  const known = entries.filter((one) => !one.hidden).map((one) => one.name);
  const kind = name.startsWith("-") ? "option" : "command";
  throw new UnknownWord(`unknown ${kind} '${name}'`, name, known);
}

async function help(words: readonly string[], entries: readonly CommandEntry[]): Promise<number> {
  const { commandHelp, generalHelp } = await import("./help.ts");
  const colored = useColor(undefined, 1);
  const [name] = words;
  if (name === undefined || name.startsWith("-")) print(generalHelp(entries, colored));
  else {
    const entry = find(name, entries);
    print(commandHelp(await entry.load(), entry.summary, colored));
  }
  return EXIT.done;
}

async function enableDiagnostics(): Promise<void> {
  const { enable } = await import("./diagnostics.ts");
  await enable();
}
