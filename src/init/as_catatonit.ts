import { SIGTSTP, SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { type Environment, type StandIn, takeOptions, toldOnStderr } from "./stand_in.ts";
import { DEFAULTS } from "./settings.ts";

/** As docker(1) expects of an init: it only recognises tini. */
const VERSION = "tini version 0.1.7_catatonit\n";
const USAGE = "usage: catatonit [-ghLPV] [--] PROGRAM [ARGUMENTS...]\n";

const HELP = `${USAGE}
Runs PROGRAM under an init process: imp, standing in for catatonit.

  -g             send signals to PROGRAM's process group
  -h             print this help
  -L             print the license
  -P             run no program: reap what is adopted until TERM or INT comes
  -V, --version  print the version

CATATONIT_DEBUG  set: tell on stderr what is done
`;

/** The real one exits with this for anything that cannot be executed. */
const FAILED = 1;

/**
 * What catatonit 0.1.7 does with these words. One deliberate difference: options after PROGRAM belong to PROGRAM;
 * catatonit takes them itself unless preceded by `--`.
 * @param pid of this process
 * @param raw the last words as the caller's bytes
 */
export function asCatatonit(
  words: readonly string[],
  env: Environment,
  pid: number,
  raw: (words: string[]) => Bytes[],
): StandIn {
  if (env("CATATONIT_LOG") !== undefined) {
    return toldOnStderr("CATATONIT_LOG is reserved\n", FAILED);
  }
  const { options, operands, wrong } = takeOptions(words, "ghLPV", { V: "version" });
  const given = (letter: string) => options.some((option) => option.letter === letter);
  for (const { letter } of options) {
    if (letter === "h") return toldOnStderr(HELP, 0);
    if (letter === "L") return tell("imp is under the MIT License.\n");
    if (letter === "V") return tell(VERSION);
  }
  if (wrong !== undefined) return toldOnStderr(`invalid option: ${wrong}\n${USAGE}`, FAILED);
  if (given("P")) return { do: "pause" };
  if (operands.length === 0) return toldOnStderr(`no program given\n${USAGE}`, FAILED);
  return {
    do: "run",
    settings: {
      ...DEFAULTS,
      words: raw([...operands]),
      toGroup: given("g"),
      rewrites: DROPPED,
      leftovers: pid === 1 ? "end" : "leave",
      dieByInterrupt: false,
    },
    told: {
      verbose: env("CATATONIT_DEBUG") !== undefined,
      quiet: false,
      exitFor: () => FAILED,
    },
  };
}

/** catatonit ignores all three, so as not to be stopped itself when the terminal is the program's. */
const DROPPED: ReadonlyMap<number, number> = new Map(
  [SIGTSTP, SIGTTIN, SIGTTOU].map((signal) => [signal, 0]),
);

function tell(text: string): StandIn {
  return { do: "print", text, to: "stdout", exit: 0 };
}
