import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, JSON_OPTION, type Values } from "../../cli/options.ts";
import { print, useColor, warn } from "../../cli/output.ts";
import { styles } from "../../cli/style.ts";
import { inspectProcess, type Report } from "../../inspect/inspect.ts";
import { readShellJobs } from "../../inspect/jobs.ts";
import { jobsJson, reportJson } from "./json.ts";
import { jobsView } from "./jobs_view.ts";
import { reportView } from "./view.ts";
import { missingText } from "../pids.ts";

export const inspectCommand: Command = {
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
    ["2", "usage error, for example a name instead of a PID"],
  ],
  run: (values, operands) => {
    const pids = operands.map(pidOf);
    return pids.length === 0 ? showJobs(values) : showProcesses(values, pids);
  },
};

const MAX_PID = 2 ** 31 - 1;

function pidOf(word: string): number {
  const pid = /^\d+$/.test(word) ? Number(word) : 0;
  if (pid >= 1 && pid <= MAX_PID) return pid;
  throw new UsageError(
    `'${word}' is no PID`,
    "names are not accepted: imp inspect $(pgrep -x NAME)",
  );
}

function showProcesses(values: Values, pids: readonly number[]): number {
  let exit: number = EXIT.done;
  let shown = 0;
  for (const asked of pids) {
    const report = reportOf(asked);
    if (!report) {
      warn(`imp inspect: ${missingText(asked, "no process")}`);
      exit = EXIT.no;
    }
    if (values.has("quiet")) continue;
    if (values.has("json")) print(JSON.stringify(reportJson(asked, report)));
    else if (report) {
      const style = styles(useColor(values.text("color"), 1));
      print((shown++ ? "\n" : "") + reportView(asked, report, style).join("\n"));
    }
  }
  return exit;
}

/** The number of a thread stands for its process. */
function reportOf(pid: number): Report | undefined {
  const report = inspectProcess(pid);
  return report && report.facts.tgid !== pid ? inspectProcess(report.facts.tgid) : report;
}

function showJobs(values: Values): number {
  const jobs = readShellJobs();
  if (values.has("quiet")) return EXIT.done;
  if (values.has("json")) print(JSON.stringify(jobsJson(jobs)));
  else print(jobsView(jobs, styles(useColor(values.text("color"), 1))).join("\n"));
  return EXIT.done;
}
