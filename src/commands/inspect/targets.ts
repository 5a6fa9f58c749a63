import { UsageError } from "../../base/errors.ts";
import { isPid } from "../pids.ts";

/** What an operand of imp inspect means. */
export type InspectTarget =
  | { readonly by: "pid"; readonly word: string; readonly pid: number }
  | { readonly by: "port"; readonly word: string; readonly port: number }
  | { readonly by: "pidfile"; readonly word: string }
  | { readonly by: "name"; readonly word: string };

const MAX_PORT = 65535;

/** Pure. @throws UsageError */
export function inspectTarget(word: string): InspectTarget {
  if (/^\d+$/.test(word)) {
    const pid = Number(word);
    if (isPid(pid)) return { by: "pid", word, pid };
    throw new UsageError(`'${word}' is not a valid PID`, "PIDs are numbers from 1 on");
  }
  if (/^:\d+$/.test(word)) {
    const port = Number(word.slice(1));
    if (port >= 1 && port <= MAX_PORT) return { by: "port", word, port };
    throw new UsageError(`'${word}' is not a valid port`, "ports are numbers from 1 to 65535");
  }
  if (word === "") throw new UsageError("a name must not be empty");
  return { by: word.includes("/") || word.endsWith(".pid") ? "pidfile" : "name", word };
}

/** The processes that an operand means. */
export interface MeantProcesses {
  /** At least one. */
  readonly pids: readonly number[];
  /** What several have in common: `are called nginx`. */
  readonly are: string;
}
