import { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import {
  type Environment,
  type ParsedOption,
  type StandIn,
  takeOptions,
  toldOnStderr,
} from "./stand_in.ts";
import { DEFAULTS, type SessionChoice } from "./settings.ts";

const VERSION = "1.2.5";
const LONG = {
  h: "help",
  v: "verbose",
  V: "version",
  c: "single-child",
  r: "rewrite",
};

const HELP = `dumb-init v${VERSION} (imp standing in for it)
Usage: dumb-init [option] command [[arg] ...]

Runs a command under an init process that forwards signals to it.

  -c, --single-child   forward signals to the command alone, and make no session for it
  -r, --rewrite s:r    forward signal r instead of s (numbers); 0 drops s; may be repeated
  -v, --verbose        tell on stderr what is done
  -h, --help           print this help
  -V, --version        print the version

DUMB_INIT_DEBUG=1      as -v
DUMB_INIT_SETSID=0     as -c
`;

const LAST_SIGNAL = 31;
/** What dumb-init exits with when exec fails, whatever the reason. */
const EXEC_FAILED = 2;

/**
 * What dumb-init 1.2 does with these words.
 * @param pid of this process
 * @param raw the last words as the caller's bytes
 */
export function asDumbInit(
  words: readonly string[],
  env: Environment,
  pid: number,
  raw: (words: string[]) => Bytes[],
): StandIn {
  const { options, operands, wrong } = takeOptions(words, "hvVcr:", LONG);
  for (const { letter, value } of options) {
    if (letter === "h") return toldOnStderr(HELP, 0);
    if (letter === "V") return toldOnStderr(`dumb-init v${VERSION}\n`, 0);
    if (letter === "r" && rewriteOf(value!) === undefined) {
      return toldOnStderr(`-r takes SIGNAL:SIGNAL, numbers from 1 to ${LAST_SIGNAL}\n`, 1);
    }
  }
  if (wrong !== undefined) return toldOnStderr(`invalid option: ${wrong}\n`, 1);
  if (operands.length === 0) {
    return toldOnStderr("Usage: dumb-init [option] program [args]\nTry dumb-init --help\n", 1);
  }
  return run(options, raw([...operands]), env, pid);
}

function run(
  options: readonly ParsedOption[],
  words: readonly Bytes[],
  env: Environment,
  pid: number,
): StandIn {
  const given = (letter: string) => options.filter((option) => option.letter === letter);
  const single = given("c").length > 0 || env("DUMB_INIT_SETSID") === "0";
  const session: SessionChoice = single ? "same" : "new";
  const rewrites = given("r").map(({ value }) => rewriteOf(value!)!);
  return {
    do: "run",
    settings: {
      ...DEFAULTS,
      words,
      subreaper: false,
      session,
      // Later ones replace: in its own session, with an orphaned group, the kernel drops the stop signals.
      rewrites: new Map([...single ? [] : STOPS, ...rewrites]),
      leftovers: pid === 1 ? "end" : "ask",
      stopsOnSignal: true,
      resetsIgnored: true,
      dieByInterrupt: false,
    },
    told: {
      verbose: given("v").length > 0 || env("DUMB_INIT_DEBUG") === "1",
      quiet: false,
      exitFor: () => EXEC_FAILED,
    },
  };
}

const STOPS: [number, number][] = [SIGTSTP, SIGTTIN, SIGTTOU].map((n) => [n, SIGSTOP]);

function rewriteOf(text: string): [from: number, to: number] | undefined {
  const match = /^\s*(\d+):\s*(\d+)/.exec(text);
  const [from, to] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return from >= 1 && from <= LAST_SIGNAL && to <= LAST_SIGNAL ? [from, to] : undefined;
}
