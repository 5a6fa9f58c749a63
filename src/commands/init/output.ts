import { SIGINT } from "../../libc/abi.ts";
import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { Leak } from "../../init/leftovers.ts";
import type { InitObserver, InitSettings } from "../../init/settings.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { describeEnding, type Ending, exitStatusOf } from "../../libc/processes/wait.ts";

/** Tells on stderr. @param where what a line begins with */
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
 * that to end a script or a loop; the PID 1 of a container cannot.
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
