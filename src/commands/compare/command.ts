import { O_RDONLY } from "../../libc/abi.ts";
import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, JSON_OPTION, type Values } from "../../cli/options.ts";
import { print, useColor, warn } from "../../cli/output.ts";
import { compare, type CompareRequest } from "../../compare/compare.ts";
import { Interrupted } from "../../compare/interrupt.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { type Comparison, ENDINGS, type TerminalEnding } from "../../compare/rows.ts";
import { LABELS, type StyleName, STYLES } from "../../compare/styles.ts";
import { findProgram, isShellScript } from "../../libc/processes/program_file.ts";
import { closeFile, readLink, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { type Format, FORMATS, render } from "./output.ts";
import type { ComparedShell } from "../../compare/shells.ts";
import { SHELLS } from "../../compare/shells.ts";

export const compareCommand: Command = {
  name: "compare",
  usage: ["compare [OPTIONS] [-- PROGRAM [ARG...]]"],
  description: [
    "Starts a program in every style that a shell offers, and with `imp daemon`, each on a real terminal of its own; then closes the terminals, or leaves the shells by `exit`, and prints what the kernel says before and after: who is the parent, which session, group and terminal, who lives on, who got which signal, where the output went. At last the differences and which style to use when, made from the measured rows.",
    "Without PROGRAM a probe of imp's own is started, which also records from inside which signals reach it and what becomes of each line that it prints. PROGRAM is started by its full path in an empty directory, in one style after the other because servers bind ports and lock files, and is killed in the end.",
    "Shells read no file of the user, the terminals are new, and nothing is left behind: no process and no file, even when imp is interrupted or killed.",
  ],
  options: [
    {
      name: "shell",
      value: "SHELL",
      choices: SHELLS,
      summary: "bash, zsh or dash (default: the first of them that is installed)",
    },
    {
      name: "by",
      value: "END",
      choices: ENDINGS,
      summary:
        "end the terminal by close (default), as its window's button does, or by typing exit",
    },
    {
      name: "styles",
      value: "LIST",
      summary: `only these, separated by commas, of ${STYLES.join(", ")}`,
    },
    {
      name: "format",
      value: "FORMAT",
      choices: FORMATS,
      summary: "table (default), markdown or json",
    },
    JSON_OPTION,
  ],
  examples: [
    { line: "imp compare", says: "all styles in bash, terminal closed" },
    { line: "imp compare --shell zsh --by exit", says: "what zsh does to jobs when it is left" },
    {
      line: "imp compare --styles nohup,daemon -- python3 -m http.server 8000",
      says: "two styles with a real program",
    },
    { line: "imp compare --format markdown > styles.md", says: "the tables for a document" },
  ],
  exits: [
    ["0", "the comparison was made; a style that a shell lacks is told and is no failure"],
    ["1", "the shell is not installed, no terminal can be had, or nothing could be measured"],
    ["125", "something could not be cleared away"],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
    ["128+n", "interrupted by signal n; imp itself dies by that signal"],
  ],
  run: async (values, operands) => {
    const format = formatOf(values);
    const request = requestOf(values, operands);
    try {
      const { rows, left } = await compare(request);
      const { shell, shellPath, by } = request;
      const program = operands.length > 0 ? operands : null;
      const result: Comparison = { shell, shellPath, by, program, rows };
      print(render(result, format, useColor(values.text("color"), 1)));
      if (left) throw left;
      return rows.some((row) => row.is !== "unmeasured") ? EXIT.done : EXIT.no;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (!values.has("quiet")) warn(`imp compare: ${error.message}, everything is cleared away`);
      return dieBy(error.signal);
    }
  },
};

function formatOf(values: Values): Format {
  return values.has("json") ? "json" : values.text("format") as Format | undefined ?? "table";
}

function requestOf(values: Values, operands: string[]): CompareRequest {
  return {
    ...shellOf(values.text("shell") as ComparedShell | undefined),
    by: values.text("by") as TerminalEnding | undefined ?? "close",
    styles: stylesOf(values.text("styles")),
    program: operands.length > 0 ? programOf(operands) : null,
  };
}

/** Styles by name or as the tables show them. */
function stylesOf(text: string | undefined): readonly StyleName[] {
  if (text === undefined) return STYLES;
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const wanted = words.map((word) => {
    const style = STYLES.find((name) => name === word || LABELS[name] === word);
    if (!style) throw new UsageError(`'${word}' is no style`, `styles are ${STYLES.join(", ")}`);
    return style;
  });
  if (wanted.length === 0) throw new UsageError("--styles names no style");
  return STYLES.filter((style) => wanted.includes(style));
}

/** The shell asked for, or the first that is there. @throws ImpError when there is none */
function shellOf(wanted: ComparedShell | undefined): { shell: ComparedShell; shellPath: string } {
  for (const shell of wanted ? [wanted] : SHELLS) {
    try {
      return { shell, shellPath: findProgram(shell, rawEnvironment(), "/") };
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
    }
  }
  const why = wanted ? "it is not installed" : `none of ${SHELLS.join(", ")} is installed`;
  throw new ImpError({
    action: "compare in",
    object: wanted ?? "a shell",
    why,
    hint: "install it, or choose another one with --shell",
    exit: EXIT.no,
  });
}

/** Its full path is typed: a bare name could be a word of the shell's own, and the shells are elsewhere. */
function programOf([name, ...rest]: readonly string[]): string[] {
  if ([name, ...rest].some((word) => word.includes("\uFFFD"))) {
    throw new UsageError("the words of PROGRAM must be UTF-8", "they are typed on a terminal");
  }
  const directory = readLink("/proc/self/cwd") ?? "/";
  const file = findProgram(name, rawEnvironment(), directory);
  // Left to itself, one shell executes /bin/sh for it and another goes on as the script itself.
  return lacksInterpreter(file) ? ["/bin/sh", file, ...rest] : [file, ...rest];
}

/** Text without a `#!` line, which execve(2) refuses with ENOEXEC. */
function lacksInterpreter(file: string): boolean {
  const fd = tryOpen(file, O_RDONLY);
  if (fd < 0) return false;
  const head = readSome(fd);
  closeFile(fd);
  const HASH_BANG = [0x23, 0x21];
  const hasOne = typeof head === "number" || HASH_BANG.every((byte, i) => head[i] === byte);
  return !hasOne && isShellScript(file);
}
