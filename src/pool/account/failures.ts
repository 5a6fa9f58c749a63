import type { ImpError } from "../../base/errors.ts";
import { formatDuration } from "../../base/duration.ts";
import { describeEnding } from "../../libc/processes/wait.ts";
import { type JobEnd, type JobResult, numberOf } from "../types.ts";

/** More names would not help: further failures are only counted. */
const MOST_NAMED = 20;
const MOST_SHOWN = 200;

/**
 * Which failures imp names: `all`; `own`: those that imp caused, if the exit status is the program's and the rest is
 * the program's to report; or `none`.
 */
export type Naming = "all" | "own" | "none";

/** Names failed jobs on stderr, up to a limit. */
export class Failures {
  private named = 0;

  /** @param line turns a text into a line for stderr */
  constructor(
    private readonly naming: Naming,
    private readonly line: (text: string) => Uint8Array,
  ) {}

  /** @returns the line for a failure; undefined if there is nothing to say */
  told({ by }: JobEnd, text: () => string): Uint8Array | undefined {
    const wanted = this.naming === "all" || (this.naming === "own" && by !== "itself");
    if (!wanted || this.named > MOST_NAMED) return undefined;
    return this.line(
      ++this.named > MOST_NAMED ? "there are more failures, which are only counted" : text(),
    );
  }
}

/**
 * `job 3 failed (exit 2): sh -c 'exit 2' sh c`
 * @param command quoted for a shell
 * @param limit the job's time limit in milliseconds
 * @param error why it could not be started
 */
export function failureText(
  { job, host, end, attempt }: JobResult,
  command: Uint8Array,
  limit: number,
  error?: ImpError,
): string {
  const attempts = attempt > 1 ? `, ${attempt} attempts` : "";
  const hint = error?.hint ? `; ${error.hint}` : "";
  const what = error ? `${error.message}${hint}` : shown(command);
  const where = host === undefined ? "" : ` on ${host}`;
  return `job ${numberOf(job)} failed${where} (${endText(end, limit)}${attempts}): ${what}`;
}

function endText(end: JobEnd, limit: number): string {
  switch (end.by) {
    case "timeout":
      return `timed out after ${formatDuration(limit)}`;
    case "start":
      return "not started";
    case "lost":
      return end.why;
    default:
      return describeEnding(end.ending);
  }
}

function shown(command: Uint8Array): string {
  const bytes = command.subarray(0, 4 * MOST_SHOWN);
  const text = new TextDecoder().decode(bytes).trimEnd().replaceAll("\n", "\\n");
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
