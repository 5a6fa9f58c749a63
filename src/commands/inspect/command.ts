import { EXIT } from "../../base/exit_codes.ts";
import { type Command, type Display, displayFrom, JSON_OPTION } from "../../cli/options.ts";
import { print, printJson, styleFor, warn } from "../../cli/output.ts";
import { outputWidth } from "../../cli/width.ts";
import { inspectProcess, type Report } from "../../inspect/inspect.ts";
import { readShellJobs } from "../../inspect/jobs.ts";
import { jobsJson, reportJson, reportView } from "./view.ts";
import { jobsView } from "./jobs_view.ts";
import { missingText, pidOperand } from "../pids.ts";

interface InspectRequest {
  /** None: the jobs of the calling shell. */
  readonly pids: readonly number[];
  readonly display: Display;
}

export const inspectCommand: Command<InspectRequest, typeof JSON_OPTION> = {
  name: "inspect",
  usage: ["inspect [OPTIONS] PID...", "inspect [OPTIONS]"],
  description: [
    "Says what each process is (foreground, background or stopped job, nohup'ed, in a session of its own, daemon, " +
    "orphan, zombie, kernel thread ...) with the evidence, and whether it survives closing the terminal, leaving the " +
    "shell by exit, and logging out: yes, no or depends, with the reason. Then come all facts: parent, session, " +
    "process group, terminal, files, signals. Everything is read from the kernel at this moment; the process is not " +
    "touched.",
    "Without a PID it lists the jobs of the calling shell.",
    "Other users' processes hide their files and their working directory: run imp as root to see them.",
  ],
  options: [JSON_OPTION],
  permute: true,
  examples: [
    { line: "imp inspect 4242", says: "all about process 4242" },
    { line: "imp inspect $!", says: "about the last background job of this shell" },
    { line: "imp inspect $(pgrep -x nginx)", says: "about each process called nginx" },
    { line: "imp inspect", says: "which jobs does this shell have, and which will survive it?" },
    {
      line: "imp inspect --json 4242 | jq -r .survives.closing.answer",
      says: "one answer, for a script (docs/inspect.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "every process was found"],
    ["1", "one or more of them do not exist, or cannot be seen (the others are shown)"],
    ["2", "wrong usage, for example a name instead of a PID"],
  ],
  request: (values, operands) => ({
    pids: operands.map((word) => pidOperand(word, "imp inspect $(pgrep -x NAME)")),
    display: displayFrom(values),
  }),
  run: ({ pids, display }) => pids.length === 0 ? showJobs(display) : showProcesses(pids, display),
};

function showProcesses(pids: readonly number[], { json, quiet, color }: Display): number {
  let exit: number = EXIT.done;
  let shown = 0;
  for (const asked of pids) {
    const report = reportOf(asked);
    if (!report) {
      warn(`imp inspect: ${missingText(asked, "no process")}`);
      exit = EXIT.no;
    }
    if (quiet) continue;
    if (json) printJson(reportJson(asked, report));
    else if (report) {
      print(
        (shown++ ? "\n" : "") +
          reportView(asked, report, styleFor(color), outputWidth()).join("\n"),
      );
    }
  }
  return exit;
}

/** The number of a thread stands for its process. */
function reportOf(pid: number): Report | undefined {
  const report = inspectProcess(pid);
  return report && report.facts.tgid !== pid ? inspectProcess(report.facts.tgid) : report;
}

function showJobs({ json, quiet, color }: Display): number {
  const jobs = readShellJobs();
  if (quiet) return EXIT.done;
  if (json) printJson(jobsJson(jobs));
  else print(jobsView(jobs, styleFor(color), outputWidth()).join("\n"));
  return EXIT.done;
}
