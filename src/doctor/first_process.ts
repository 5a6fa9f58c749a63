import { type ProcessSummary, readSummary } from "../inspect/program.ts";
import { readStat } from "../procfs/stat.ts";
import { ttyName } from "../procfs/terminals.ts";
import type { Finding } from "./finding.ts";

/** PID 1 of this PID namespace, as far as it decides how long everything else lives. */
export interface FirstProcess {
  readonly program: Pick<ProcessSummary, "comm" | "interactive">;
  /** Its controlling terminal. */
  readonly tty: string | null;
}

/** @returns undefined where it cannot be seen */
export function readFirstProcess(): FirstProcess | undefined {
  const program = readSummary(1);
  const stat = readStat(1);
  if (!program || !stat) return undefined;
  return { program, tty: ttyName(stat.ttyNumber) ?? null };
}

export function judgeFirstProcess(first: FirstProcess | undefined): Finding {
  const base = { check: "pid-1" };
  if (!first) {
    const meaning = "whether daemons outlive the login is not known";
    return { ...base, grade: "unknown", fact: "PID 1 cannot be seen", meaning };
  }
  const { program: { comm, interactive }, tty } = first;
  const data = { comm, interactive, tty };
  if (tty === null && !interactive) {
    const meaning = "it does not end with a terminal or a login";
    return { ...base, grade: "good", fact: `PID 1 is ${comm}`, meaning, data };
  }
  const where = tty === null ? "" : ` on ${tty}`;
  return {
    ...base,
    grade: "warning",
    fact: `PID 1 is ${comm}${interactive ? ", a shell with a user," : ""}${where}`,
    meaning: "when it ends, the kernel kills everything in this PID namespace: nohup, setsid and " +
      "imp daemon save nothing from that",
    advice: "run what is to stay as PID 1 (imp init -- PROGRAM), and enter beside it: docker exec",
    data,
  };
}
