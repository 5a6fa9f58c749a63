import { ancestors } from "../procfs/processes.ts";
import { orUndefined } from "../procfs/read.ts";
import { readStat } from "../procfs/stat.ts";
import { readStatus } from "../procfs/status.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import type { ProcessFacts } from "./facts.ts";
import type { ProcessSummary } from "./program.ts";

/** script(1) and `su --pty` of util-linux open a terminal and block SIGHUP, with or without one of their own. */
export const BLOCKING_KEEPERS = ["script", "su", "runuser"];
/** Commands of imp that end everything below them before they end. */
const ENDING_COMMANDS = ["pool", "with", "init"];
/** Their names; the second is an init at rest, which keeps its words. */
const IMPS = ["imp", "imp-init"];

/** Other processes whose end decides that of the process, each with its own situation. */
export interface Around<S> {
  /** The keeper, if it is on a terminal of its own: then it is that terminal's window which is closed. */
  readonly keeper?: S;
  /** The first of the managers, if it is not an interactive shell. */
  readonly manager?: S;
  /** The nearest imp above that ends what is below it when it ends. */
  readonly imp?: S;
  /** PID 1 of its PID namespace, when that is on a terminal. */
  readonly init?: S;
}

/** @param read the situation of another process; undefined if it has ended, or is being read already */
export function readAround<S extends { readonly facts: ProcessFacts }>(
  facts: ProcessFacts,
  keeper: ProcessSummary | null,
  manager: ProcessSummary | undefined,
  read: (pid: number) => S | undefined,
): Around<S> {
  const holds = facts.tty !== null && keeper &&
    (onTerminal(keeper.pid) || BLOCKING_KEEPERS.includes(keeper.comm));
  const outer = holds ? read(keeper.pid) : undefined;
  const imp = impAbove(facts);
  const init = namespaceInit(facts);
  return {
    ...(outer && outer.facts.tty !== facts.tty ? { keeper: outer } : {}),
    ...named("manager", manager && !manager.interactive ? read(manager.pid) : undefined),
    ...named("imp", imp === undefined ? undefined : read(imp)),
    ...named("init", init === undefined || !onTerminal(init) ? undefined : read(init)),
  };
}

/** Which command of imp a process is, if it is one that ends what is below it. */
export function endingCommand({ comm, command }: Pick<ProcessFacts, "comm" | "command">) {
  if (!IMPS.includes(comm)) return undefined;
  const verb = command.slice(1).find((word) => !word.startsWith("-"));
  return ENDING_COMMANDS.find((one) => one === verb);
}

function impAbove(facts: ProcessFacts): number | undefined {
  for (const { pid, comm } of ancestors(facts)) {
    if (!IMPS.includes(comm)) continue;
    if (endingCommand({ comm, command: orUndefined(readCmdline(pid)) ?? [] })) return pid;
  }
  return undefined;
}

/** Orphans of a PID namespace are adopted by its PID 1, so it is always an ancestor. */
function namespaceInit(facts: ProcessFacts): number | undefined {
  const depth = facts.namespacePids.length;
  if (facts.namespacePids.at(-1) === 1) return undefined;
  if (depth <= 1) return 1;
  for (const { pid } of ancestors(facts)) {
    const numbers = orUndefined(readStatus(pid))?.namespacePids;
    if (numbers?.length === depth && numbers.at(-1) === 1) return pid;
  }
  return undefined;
}

function onTerminal(pid: number): boolean {
  return (readStat(pid)?.ttyNumber ?? 0) !== 0;
}

function named<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [key in K]?: V };
}
