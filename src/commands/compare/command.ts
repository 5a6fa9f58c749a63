import { O_RDONLY } from "../../libc/abi.ts";
import { ImpError, Interrupted } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { print, printLine, useColor, warn } from "../../cli/output.ts";
import { proseWidth } from "../../cli/width.ts";
import { compare } from "../../compare/compare.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import type { Comparison } from "../../compare/rows.ts";
import { type ComparedShell, SHELLS } from "../../compare/shells.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute, findProgram, isShellScript } from "../../libc/processes/program_file.ts";
import { closeFile, readLink, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { type Format, headline, render } from "./output.ts";
import { COMPARE_OPTIONS, type ComparisonRequest, comparisonRequest } from "./request.ts";

export const compareCommand: Command<ComparisonRequest, typeof COMPARE_OPTIONS[number]> = {
  name: "compare",
  usage: ["compare [OPTIONS] [-- PROGRAM [ARG...]]"],
  description: [
    "Starts a program in every style that a shell offers, and with `imp daemon`, each on a real terminal of its own; then closes the terminals, or leaves the shells by `exit`, and prints what the kernel says before and after: parent, session, group and terminal, what survives, which " +
    "signals arrived, where the output went. The differences, and which style to use when, follow from the measured " +
    "rows.",
    "Without PROGRAM imp starts a probe of its own, which also records from inside which signals reach it and what " +
    "becomes of each line that it prints. imp starts PROGRAM by its full path in an empty directory, in one style " +
    "after the other because servers bind ports and lock files, and kills it in the end.",
    "Shells read no start-up files, the terminals are new, and no process or file is left behind, even if imp is " +
    "interrupted or killed.",
  ],
  options: COMPARE_OPTIONS,
  examples: [
    { line: "imp compare", says: "all styles in bash, terminal closed" },
    { line: "imp compare --shell zsh --by exit", says: "what zsh does to jobs when you leave it" },
    {
      line: "imp compare --styles nohup,daemon -- python3 -m http.server 8000",
      says: "two styles with a real program",
    },
    { line: "imp compare --format markdown > styles.md", says: "the tables for a document" },
    { line: "imp compare --format html -o styles.html", says: "drawings of before and after" },
  ],
  exits: [
    ["0", "the comparison was made; a style that a shell lacks is reported and is not a failure"],
    ["1", "the shell is not installed, no terminal can be had, or nothing could be measured"],
    ["125", "something could not be cleaned up"],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
    ["128+n", "interrupted by signal n; imp itself dies by that signal"],
  ],
  request: comparisonRequest,
  run,
};

async function run(request: ComparisonRequest): Promise<number> {
  const { by, styles, format, output, color, quiet } = request;
  const { shell, shellPath } = shellOf(request.shell);
  // A comparison leaves the directory in which it was called.
  const to = output && absolute(output, workingDirectory());
  const given = request.program.length > 0 ? request.program : null;
  try {
    const program = given && programOf(given);
    const { rows, left } = await compare({ shell, shellPath, by, styles, program });
    const result: Comparison = { shell, shellPath, by, program: given, rows };
    if (to !== undefined || format === "html") await writeOut(result, format, to);
    else {
      const text = render(result, format, useColor(color, 1), proseWidth());
      (format === "json" ? printLine : print)(text);
    }
    if (left) throw left;
    return rows.some((row) => row.is !== "unmeasured") ? EXIT.done : EXIT.no;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (!quiet) warn(`imp compare: ${error.message}, everything is cleared away`);
    return dieBy(error.signal);
  }
}

/** Rarely needed: loaded only here. */
async function writeOut(result: Comparison, format: Format, path?: string): Promise<void> {
  const text = format === "html"
    ? (await import("./page.ts")).comparePage(result, headline(result))
    : `${render(result, format, false, FILE_WIDTH)}\n`;
  if (path === undefined) printLine(text);
  else (await import("../../report/write_page.ts")).replaceFile(path, text);
}

/** Width of tables if the output is not a terminal. */
const FILE_WIDTH = 80;

/** The requested shell, or the first one installed. @throws ImpError if there is none */
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

/** Its full path is typed: a bare name could be a builtin of the shell, and the shells are elsewhere. */
function programOf([name, ...rest]: readonly string[]): string[] {
  const directory = readLink("/proc/self/cwd") ?? "/";
  const file = findProgram(name, rawEnvironment(), directory);
  // Left to itself, one shell executes /bin/sh for it and another runs the script itself.
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
