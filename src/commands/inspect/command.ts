import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, type Display, displayFrom, JSON_OPTION } from "../../cli/options.ts";
import { print, printJson, styleFor, warn } from "../../cli/output.ts";
import { reportError } from "../../cli/report.ts";
import { outputWidth } from "../../cli/width.ts";
import { type CpuSample, readActivity, sampleCpu } from "../../inspect/activity.ts";
import { inspectProcess, type Report } from "../../inspect/inspect.ts";
import { readShellJobs } from "../../inspect/jobs.ts";
import { runtime } from "../../runtime/mod.ts";
import { missingText } from "../pids.ts";
import { jobsView } from "./jobs_view.ts";
import { jobsJson, reportJson } from "./json.ts";
import { type InspectTarget, inspectTarget, type MeantProcesses } from "./targets.ts";
import { reportView } from "./view.ts";

interface InspectRequest {
  /** None: the jobs of the calling shell. */
  readonly targets: readonly InspectTarget[];
  readonly display: Display;
}

export const inspectCommand: Command<InspectRequest, typeof JSON_OPTION> = {
  name: "inspect",
  usage: ["inspect [OPTIONS] {PID|NAME|PIDFILE|:PORT}...", "inspect [OPTIONS]"],
  description: [
    "Says what each process is (foreground, background or stopped job, nohup'ed, in a session of its own, daemon, " +
    "orphan, zombie, kernel thread ...) with the evidence, and whether it survives closing the terminal, leaving the " +
    "shell by exit, and logging out: yes, no or depends, with the reason. Then come all facts: what it is waiting for, " +
    "CPU, ports, parent, session, process group, terminal, files, signals. Everything is read from the kernel at this moment; " +
    "the process is not touched.",
    "NAME is the name of a kept daemon (imp start), the -n name of imp daemon, or the name of a program: the first of " +
    "these that is running. A word with a slash or the suffix .pid is a pidfile; :PORT means the processes that listen on that port. " +
    "If several processes match, imp lists them, a row each; with --json it prints everything about each.",
    "Without an operand it lists the jobs of the calling shell.",
    "Other users' processes hide their files, their ports and their working directory: run imp as root to see them.",
  ],
  options: [JSON_OPTION],
  permute: true,
  examples: [
    { line: "imp inspect 4242", says: "all about process 4242" },
    { line: "imp inspect $!", says: "about the last background job of this shell" },
    { line: "imp inspect nginx", says: "about the daemon or program of that name" },
    { line: "imp inspect :8080", says: "who listens there?" },
    { line: "imp inspect /run/nginx.pid", says: "the process of a pidfile" },
    { line: "imp inspect", says: "which jobs does this shell have, and which will survive it?" },
    {
      line: "imp inspect --json 4242 | jq -r .survives.closing.answer",
      says: "one answer, for a script (docs/inspect.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "every process was found"],
    ["1", "one or more of them do not exist, or cannot be seen (the others are shown)"],
    ["2", "wrong usage, for example 0 as a PID"],
  ],
  request: (values, operands) => ({
    targets: operands.map(inspectTarget),
    display: displayFrom(values),
  }),
  run: ({ targets, display }) =>
    targets.length === 0 ? showJobs(display) : showTargets(targets, display),
};

/** How long imp measures the CPU time of processes. */
const SAMPLE_MS = 50;

async function showTargets(targets: readonly InspectTarget[], display: Display): Promise<number> {
  const meant: { target: InspectTarget; is: MeantProcesses | ImpError }[] = [];
  for (const target of targets) meant.push({ target, is: await meantBy(target) });
  const pids = meant.flatMap(({ is }) => is instanceof ImpError ? [] : is.pids);
  const samples = display.quiet ? new Map() : await sampleAll(pids);
  let exit: number = EXIT.done;
  let shown = 0;
  const show = (lines: readonly string[]) => print((shown++ ? "\n" : "") + lines.join("\n"));
  for (const { target, is } of meant) {
    if (is instanceof ImpError) {
      exit = Math.max(exit, await reportError(is, "imp inspect"));
      if (display.json && !display.quiet) {
        printJson({ asked: target.word, pid: null, found: false });
      }
      continue;
    }
    if (is.pids.length > 1 && !display.json) {
      const { severalView } = await import("./several_view.ts");
      if (!display.quiet) show(severalView(is, styleFor(display.color), outputWidth()));
      continue;
    }
    for (const pid of is.pids) {
      const found = showProcess(pid, target, samples.get(pid), display, show);
      if (!found) exit = Math.max(exit, EXIT.no);
    }
  }
  return exit;
}

/** @returns whether there is such a process */
function showProcess(
  asked: number,
  target: InspectTarget,
  sample: CpuSample | undefined,
  { json, quiet, color }: Display,
  show: (lines: readonly string[]) => void,
): boolean {
  const report = reportOf(asked);
  if (!report) warn(`imp inspect: ${missingText(asked, "no process")}`);
  if (quiet) return report !== undefined;
  const word = target.by === "pid" ? {} : { asked: target.word };
  if (!report) {
    if (json) printJson({ ...word, pid: asked, found: false });
    return false;
  }
  const activity = readActivity(report.facts, sample);
  if (json) printJson({ ...word, ...reportJson(asked, report, activity) });
  else show(reportView(asked, report, activity, styleFor(color), outputWidth()));
  return true;
}

/** What a word means, or why it means no process. */
async function meantBy(target: InspectTarget): Promise<MeantProcesses | ImpError> {
  if (target.by === "pid") return { pids: [target.pid], are: "" };
  const { findMeant } = await import("./find.ts");
  try {
    return findMeant(target);
  } catch (error) {
    if (error instanceof ImpError) return error;
    throw error;
  }
}

/** CPU time is read again after everything else. */
async function sampleAll(pids: readonly number[]): Promise<Map<number, CpuSample>> {
  const samples = new Map(pids.flatMap((pid) => {
    const sample = sampleCpu(pid);
    return sample ? [[pid, sample] as const] : [];
  }));
  if (samples.size > 0) await runtime.sleep(SAMPLE_MS);
  return samples;
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
