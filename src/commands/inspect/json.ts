import { type Activity, waitingText } from "../../inspect/activity.ts";
import type { Report } from "../../inspect/inspect.ts";
import type { ShellJob, ShellJobs } from "../../inspect/jobs.ts";
import type { OpenFile } from "../../procfs/fds.ts";
import type { ProcessSummary } from "../../inspect/program.ts";

// docs/inspect.md describes these objects: names are only ever added.

/** @param asked its PID, or that of a thread */
export function reportJson(
  asked: number,
  report: Report,
  activity: Activity,
): Record<string, unknown> {
  const { situation, facts: { pid, ...facts } } = report;
  return {
    pid,
    found: true,
    ...(asked === pid ? {} : { thread: asked }),
    ...judgement(report),
    ...facts,
    // In the usual notation.
    umask: facts.umask === null ? null : facts.umask.toString(8).padStart(3, "0"),
    leader: brief(situation.leader),
    manager: brief(situation.managers[0] ?? null),
    ...activityJson(activity, facts.fds),
  };
}

function activityJson(
  { waiting, threads, listens, unit, cpu }: Activity,
  fds: readonly OpenFile[],
): Record<string, unknown> {
  return {
    waiting: waiting
      ? {
        syscall: waiting.syscall ?? null,
        wchan: waiting.wchan ?? null,
        text: waitingText(waiting, fds) ?? null,
      }
      : null,
    threadList: threads.map(({ pid, comm, state }) => ({ tid: pid, comm, state })),
    listens: listens?.map(({ protocol, address }) => ({ protocol, address })) ?? null,
    unit: unit ?? null,
    cpuPercent: { now: cpu.now ?? null, sinceStart: cpu.sinceStart },
  };
}

export function jobsJson({ caller, shell, tty, jobs }: ShellJobs): Record<string, unknown> {
  return { caller: brief(caller), shell: brief(shell), tty, jobs: jobs.map(jobJson) };
}

function jobJson({ pgid, state, managed, pids, report }: ShellJob): Record<string, unknown> {
  const { comm, command } = report.facts;
  return { pgid, state, managed, pids, comm, command, ...judgement(report) };
}

function judgement({ kind, verdict }: Report): Record<string, unknown> {
  const { notes, ...survives } = verdict ?? { notes: [] };
  return { ...kind, survives: verdict ? survives : null, notes };
}

function brief(program: ProcessSummary | null): Record<string, unknown> | null {
  if (!program) return null;
  const { pid, comm, shell = null, login, interactive } = program;
  return { pid, comm, shell, login, interactive };
}
