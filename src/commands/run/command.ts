import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { printLine, warn } from "../../cli/output.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { describeError } from "../../multiprocessing/process/error_text.ts";
import { useProgramModule } from "../../multiprocessing/process/calling_module.ts";
import {
  type Callable,
  loadModule,
  ModuleThrew,
  moduleUrl,
} from "../../multiprocessing/process/load_function.ts";
import { startsItself } from "../../multiprocessing/process/module_text.ts";
import { provideLibrary } from "../../multiprocessing/process/current.ts";
import { untilSettled } from "../../multiprocessing/process/until_settled.ts";
import { runtime } from "../../runtime/mod.ts";
import { RUN_OPTIONS, type RunOption, type RunRequest, runRequest } from "./request.ts";

export const runCommand: Command<RunRequest, RunOption> = {
  name: "run",
  usage: ["run FILE [ARG...]", "run --types", "run --init [DIR]"],
  description: [
    "Runs a TypeScript or JavaScript program, without Deno, Bun or Node. imp loads the module and calls its exported " +
    "function `main`, or its default export if that is a function, with the ARGs as strings. If the module uses " +
    "`import.meta.main`, which is true, imp calls nothing: the module starts its main part itself.",
    'In the program, `import { Process, Pool } from "imp:multiprocessing"` provides processes and pools of ' +
    "processes: docs/multiprocessing.md. A function that other processes call must be exported.",
    "The program ends when main's promise is settled and there is nothing left to wait for: timers, servers, sockets. " +
    "Then imp ends its daemonic processes, with everything that they have started, and waits for the others. No " +
    "daemonic process is left after process.exit(), after an uncaught error, or after a kill -9 of imp itself.",
  ],
  options: RUN_OPTIONS,
  examples: [
    {
      line: "imp run crawl.ts https://example.org",
      says: 'main("https://example.org") of crawl.ts',
    },
    { line: "imp run jobs.js", says: "plain JavaScript" },
    { line: "imp run --init jobs", says: "a folder in which editors complete and check" },
    {
      line: "imp daemon -p /run/queue.pid -o /var/log/queue.log -- imp run /srv/queue.ts",
      says: "the program as a daemon",
    },
  ],
  exits: [
    ["0", "the program has finished"],
    ["N", "the status given to process.exit(), set as process.exitCode, or returned from main"],
    ["1", "an uncaught error, also while loading the module: its stack is on stderr"],
    ["1", "--init: an existing file was left alone and lacks something; imp says what"],
    ["126", "the module cannot be loaded: its syntax, or something that it imports"],
    ["127", "there is no such file"],
  ],
  request: runRequest,
  run,
};

async function run(request: RunRequest): Promise<number | undefined> {
  switch (request.does) {
    case "types":
      printLine((await import("./library_types.ts")).libraryTypes().trimEnd());
      return EXIT.done;
    case "init":
      return (await import("./init.ts")).initFolder(request.directory);
    case "program":
      return await runFile(request.file, request.args);
  }
}

async function runFile(file: string, args: readonly string[]): Promise<undefined> {
  provideLibrary(() => import("../../mod.ts"), () => import("../../old_name.ts"));
  runtime.onUncaught(fail);
  const { exports, path } = await loadProgram(file, args);
  runtime.onUncaught(fail);
  const main = exports.main ?? exports.default;
  if (typeof main === "function" && !startsItself(readTextOrNothing(path) ?? "")) {
    runProgram(main as Callable, path, args);
  }
  return undefined;
}

async function loadProgram(file: string, args: readonly string[]) {
  try {
    return await loadModule(file, (path) => {
      useProgramModule(moduleUrl(path));
      runtime.becomeProgram(path, [runtime.selfCommand()[0], path, ...args]);
    });
  } catch (error) {
    // An exception of the program is its own affair, wherever it is thrown.
    if (error instanceof ModuleThrew) return fail(error.thrown);
    throw error;
  }
}

/** Not awaited: while it runs, the event loop belongs to the program. */
async function runProgram(main: Callable, path: string, args: readonly string[]): Promise<void> {
  try {
    const status = await untilSettled(main(...args), `main of ${path}`, fail);
    if (typeof status === "number" && status !== 0) runtime.setExitStatus(status);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  warn(describeError(error));
  return runtime.exit(EXIT.no);
}
