import { SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { standardSignals } from "../libc/processes/signals.ts";
import { type Environment, type ParsedOption, type StandIn, takeOptions } from "./stand_in.ts";
import { DEFAULTS } from "./settings.ts";

const VERSION = "0.19.0";
const DEFAULT_VERBOSITY = 1;
const DEBUG = 3;

const FAILED = 1;
/** What tini exits with when exec fails, by errno; anything else is FAILED. */
const EXEC_FAILED: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 };

const HELP = `Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version

Runs PROGRAM under an init process: imp, standing in for tini.

  --version     print the version
  -h            print this help
  -s            adopt orphans as a subreaper when not PID 1
  -p SIGNAL     get SIGNAL (SIGKILL, SIGTERM ...) when the parent ends
  -v            say more; may be repeated
  -w            say which adopted processes are reaped
  -g            send signals to PROGRAM's process group
  -e EXIT_CODE  exit 0 instead of EXIT_CODE (0 to 255); may be repeated
  -l            print the license

TINI_SUBREAPER           as -s
TINI_KILL_PROCESS_GROUP  as -g
TINI_VERBOSITY           a number (default ${DEFAULT_VERBOSITY}); 0 silences warnings
`;

/** tini's own names: the standard signals without Linux's additions to POSIX. */
const NOT_TINIS = ["STKFLT", "IO", "PWR"];

/**
 * What tini 0.19 does with these words. One deliberate difference: options after PROGRAM belong to PROGRAM; tini takes
 * them itself. Its documented form `PROGRAM -- ARGS` still works: a `--` right after PROGRAM is dropped, unless one has
 * ended the options before.
 * @param pid of this process: PID 1 needs no subreaper
 * @param raw the last words as the caller's bytes
 */
export function asTini(
  words: readonly string[],
  env: Environment,
  pid: number,
  raw: (words: string[]) => Bytes[],
): StandIn {
  if (words.length === 1 && words[0] === "--version") return say(`tini version ${VERSION}\n`, 0);
  const { options, operands, dashed, wrong } = takeOptions(words, "p:hvwgle:s");
  for (const { letter, value } of options) {
    if (letter === "h") return say(HELP, 0);
    if (letter === "l") return say("imp is under the MIT License, as tini is.\n", 0);
    const valid = letter === "p" ? signalOf(value!) : letter === "e" ? statusOf(value!) : 0;
    if (valid === undefined) return say(`not a valid value for -${letter}: ${value}\n`, 1);
  }
  if (wrong !== undefined) return say(`invalid option: ${wrong}\n\n${HELP}`, 1);
  if (operands.length === 0) return say(HELP, 1);
  const own = raw([...operands]);
  return run(options, dashed ? own : withoutDashes(own), env, pid);
}

function run(
  options: readonly ParsedOption[],
  words: readonly Bytes[],
  env: Environment,
  pid: number,
): StandIn {
  const given = (letter: string) => options.filter((option) => option.letter === letter);
  const subreaper = given("s").length > 0 || env("TINI_SUBREAPER") !== undefined;
  const verbosity = verbosityOf(env("TINI_VERBOSITY"), given("v").length);
  const parentDeath = given("p").at(-1)?.value;
  return {
    do: "run",
    settings: {
      ...DEFAULTS,
      words,
      toGroup: given("g").length > 0 || env("TINI_KILL_PROCESS_GROUP") !== undefined,
      subreaper,
      rewrites: DROPPED,
      expected: new Set(given("e").map(({ value }) => statusOf(value!)!)),
      parentDeath: parentDeath === undefined ? undefined : signalOf(parentDeath),
      tellReaped: given("w").length > 0,
      leftovers: pid === 1 ? "end" : "leave",
      dieByInterrupt: false,
    },
    told: {
      verbose: verbosity >= DEBUG,
      quiet: verbosity < DEFAULT_VERBOSITY,
      warning: subreaper || pid === 1 ? undefined : NO_REAPER,
      exitFor: (status, errno) =>
        status === EXIT.failed ? FAILED : EXEC_FAILED[errno ?? ""] ?? FAILED,
    },
  };
}

/** tini ignores both, so as not to be stopped itself when the terminal is the program's. */
const DROPPED: ReadonlyMap<number, number> = new Map([[SIGTTIN, 0], [SIGTTOU, 0]]);

const NO_REAPER =
  "neither PID 1 nor a subreaper: orphans will not be adopted, nor reaped; use -s or set TINI_SUBREAPER";

/** As by atoi(3): the variable replaces the count of -v, and anything that is not a number is 0. */
function verbosityOf(variable: string | undefined, more: number): number {
  if (variable === undefined) return DEFAULT_VERBOSITY + more;
  const number = parseInt(variable, 10);
  return Number.isNaN(number) ? 0 : number;
}

function withoutDashes(words: readonly Bytes[]): Bytes[] {
  return words[1] === "--" ? [words[0], ...words.slice(2)] : [...words];
}

function signalOf(name: string): number | undefined {
  return standardSignals().find((signal) =>
    `SIG${signal.name}` === name && !NOT_TINIS.includes(signal.name)
  )?.number;
}

function statusOf(text: string): number | undefined {
  return /^\s*[+-]?\d+$/.test(text) && Number(text) >= 0 && Number(text) <= 255
    ? Number(text)
    : undefined;
}

function say(text: string, exit: number): StandIn {
  return { do: "print", text, to: exit === 0 ? "stdout" : "stderr", exit };
}
