import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { isTerminal, printLine } from "../../cli/output.ts";
import { readFile, readToEnd } from "../../libc/descriptors/files.ts";
import { ABRIDGED } from "../../report/abridged.ts";
import { reportPage } from "../../report/page.ts";
import { readRun } from "../../report/read_run.ts";
import { addResults } from "../../report/results_folder.ts";
import { replaceFile } from "../../report/write_page.ts";
import { REPORT_OPTIONS, type ReportRequest, reportRequest } from "./request.ts";

export const reportCommand: Command<ReportRequest, typeof REPORT_OPTIONS[number]> = {
  name: "report",
  usage: ["report [-o FILE.html] [--results DIR] JOBLOG"],
  description: [
    "Turns a job log into one HTML page: numbers, failures, a timeline of the jobs by slot, jobs per second, run " +
    "times, the slowest jobs. The page is a single file that loads nothing; tables and charts need no script.",
    "JOBLOG is the log of imp pool --joblog or of GNU parallel, even of a run in progress, or the output of imp pool " +
    "--json. - is standard input.",
  ],
  options: REPORT_OPTIONS,
  permute: true,
  examples: [
    { line: "imp report run.log -o run.html", says: "a page of a run" },
    {
      line: "imp report run.log --results out -o run.html",
      says: "with the last lines of failures",
    },
    { line: "imp pool --json ./job ::: *.csv | imp report - -o run.html", says: "with memory" },
  ],
  exits: [
    ["0", "the page was written"],
    ["1", "JOBLOG cannot be read, or is not a job log"],
    ["125", "the page could not be written; an older page is still there"],
  ],
  request: reportRequest,
  run: ({ file, output, results }) => {
    if (output === undefined && isTerminal(1)) throw atTerminal(file);
    const { rows, notes } = readRun(file === "-" ? readToEnd(0, STDIN) : readFile(file), file);
    const more = results === undefined ? [] : addResults(rows, results);
    const page = reportPage(rows, {
      ...{ source: file === "-" ? STDIN : file, state: "unknown", madeAt: Date.now() },
      notes: [...notes, ...more, ...(rows.abridged ? [ABRIDGED] : [])],
    });
    if (output === undefined) printLine(page);
    else replaceFile(output, page);
    return EXIT.done;
  },
};

const STDIN = "standard input";

function atTerminal(file: string): ImpError {
  return new ImpError({
    action: "print the page",
    why: "standard output is a terminal",
    hint: `name a file: imp report ${file} -o report.html`,
    exit: EXIT.usage,
  });
}
