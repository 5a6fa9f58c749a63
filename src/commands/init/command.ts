import type { Command } from "../../cli/options.ts";
import { runInit } from "../../init/init.ts";
import { INIT_OPTIONS, type InitRequest, initRequest } from "./request.ts";
import { SIGINT } from "../../libc/abi.ts";
import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { InitObserver, InitSettings, Leak } from "../../init/settings.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { describeEnding, type Ending, exitStatusOf } from "../../libc/processes/wait.ts";

export const initCommand: Command<InitRequest, typeof INIT_OPTIONS[number]> = {
  name: "init",
  usage: ["init [OPTIONS] [--] PROGRAM [ARG...]"],
  description: [
    "Runs PROGRAM under a real init: as PID 1 of a container, or as subreaper elsewhere. Forwards every signal that " +
    "can be forwarded, reaps every process that ends, and exits with PROGRAM's status.",
    "When PROGRAM ends, everything that it has left behind, however often it was forked and in whatever session, gets " +
    "TERM, and KILL after the grace; imp exits as soon as all of it has ended.",
    "On a terminal PROGRAM is an ordinary job: Ctrl-C, Ctrl-Z, fg, bg and & work. " +
    "Called as tini or dumb-init (by a link of that name: ln -s /usr/local/bin/imp /usr/local/bin/tini), imp takes that program's options and environment variables.",
  ],
  options: INIT_OPTIONS,
  examples: [
    {
      line: "imp init -- nginx -g 'daemon off;'",
      says: 'in a container; in a Dockerfile: ENTRYPOINT ["imp", "init", "--"]',
    },
    {
      line: "imp init -g -r TERM:QUIT -- ./start.sh",
      says: "a script's whole process group gets QUIT when the container is to stop",
    },
    {
      line: "imp init -w --grace 2s -- ./test-suite",
      says: "ends every server that a test has left running; -w names them",
    },
    {
      line: "imp init -e 143 -r HUP:0 -p TERM -- java -jar app.jar",
      says: "an end by TERM is a success, HUP is dropped, and java ends with the caller",
    },
  ],
  exits: [
    ["N", "PROGRAM's exit status; 0 for the codes of -e"],
    ["128+n", "PROGRAM was ended by signal n"],
    ["2", "wrong usage"],
    ["125", "imp itself failed"],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
  ],
  request: initRequest,
  run,
};

async function run({ settings, quiet }: InitRequest): Promise<number> {
  return exitLike(await runInit(settings, observe("imp init", quiet)), settings);
}

/** Reports on stderr. @param where the prefix of each line */
export function observe(
  where: string,
  quiet: boolean,
  starting: () => void = () => {},
): InitObserver {
  const tell = (text: string) => {
    if (!quiet) warn(`${where}: ${text}`);
  };
  return {
    starting,
    leaked: (processes) => {
      for (const one of processes) tell(`outlived the program: ${describe(one)}`);
    },
    reaped: (pid, ending) => tell(`reaped pid ${pid}, ${describeEnding(ending)}`),
    survived: (processes) => {
      for (const one of processes) warn(`${where}: cannot end ${describe(one)}`);
    },
  };
}

/**
 * The exit status for how the program ended. After Ctrl-C this process dies by SIGINT itself, because shells look for
 * that to end a script or a loop; PID 1 of a container cannot.
 */
export function exitLike(ending: Ending, { expected, dieByInterrupt }: InitSettings): number {
  const status = exitStatusOf(ending);
  if (expected.has(status)) return 0;
  return dieByInterrupt && ending.how === "signal" && ending.signal === SIGINT
    ? dieBy("INT")
    : status;
}

function describe({ pid, words }: Leak): string {
  return `pid ${pid} (${printable(words.join(" "))})`;
}
