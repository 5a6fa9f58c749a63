import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";

export const REPORT_OPTIONS = [
  {
    name: "output",
    short: "o",
    value: "FILE",
    summary: "write the page to FILE, whole or not at all (default: standard output)",
  },
  {
    name: "results",
    value: "DIR",
    summary: "the DIR of imp pool --results: last lines of failures, CPU time, memory",
  },
] as const satisfies readonly Option[];

export interface ReportRequest {
  /** `-`: standard input. */
  readonly file: string;
  /** Undefined: standard output. */
  readonly output?: string;
  readonly results?: string;
}

/** @throws UsageError */
export function reportRequest(
  values: Given<typeof REPORT_OPTIONS[number]>,
  operands: readonly string[],
): ReportRequest {
  const [file, ...others] = operands;
  if (file === undefined) {
    throw new UsageError("no job log given", "imp pool --joblog FILE writes one; - reads stdin");
  }
  if (others.length > 0) {
    throw new UsageError(`one job log at a time: unexpected word '${others[0]}'`);
  }
  if (file === "") throw new UsageError("the name of the job log is empty");
  for (const name of ["output", "results"] as const) {
    if (values.text(name) === "") throw new UsageError(`--${name} needs a name, and it is empty`);
  }
  const output = values.text("output");
  return { file, output: output === "-" ? undefined : output, results: values.text("results") };
}
