import { formatDuration } from "../base/duration.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { POLLIN } from "../libc/abi.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { PollSet } from "../libc/descriptors/poll.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { becomeSubreaper, ownPid } from "../libc/processes/process.ts";
import { childrenOf } from "../procfs/processes.ts";
import { describeEnding, type Ending, tryWait } from "../libc/processes/wait.ts";
import { AppendedLines, LogFileProbe } from "../ready/log_file_probe.ts";
import { makeProbe } from "../ready/make_probe.ts";
import type { Probe } from "../ready/probe.ts";
import { describeRule, type ReadyRule } from "../ready/rule.ts";
import { runtime } from "../runtime/mod.ts";
import type { Prepared } from "./plan.ts";
import type { Daemon, DaemonSettings, DaemonWait } from "./settings.ts";
import { start } from "./start.ts";

/** The polling interval for signals and ended children: both are held back, or wake nobody. */
const GLANCE_MS = 10;
const MOST_LINES = 10;

interface Watched {
  readonly rule: ReadyRule;
  readonly probe: Probe;
  ready: boolean;
}

interface Failure {
  readonly why: string;
  readonly exit: number;
}

/**
 * Starts the daemon and waits until it is ready and has lasted for a while. Meanwhile imp is its subreaper, so that it
 * learns how the daemon ends, by whichever route it was started.
 * @param check throws to end the wait
 * @throws ImpError if it ends or is not ready in time; then nothing is left
 */
export async function startAndSee(
  prepared: Prepared,
  wait: DaemonWait,
  check: () => void,
): Promise<Daemon> {
  const logs = outputsOf(prepared.settings);
  const tails = logs.map((path) => new AppendedLines(path));
  const watched: Watched[] = [];
  const before = childrenOf(ownPid());
  try {
    for (const rule of wait.ready) {
      watched.push({ rule, probe: probeFor(rule, logs, prepared), ready: false });
    }
    becomeSubreaper();
    const daemon = await start(withNeeds(prepared, watched));
    for (const { probe } of watched) {
      for (const [from] of probe.descriptors ?? []) closeFile(from);
      probe.started(daemon.pid, runtime.now());
    }
    const failed = see(daemon.pid, wait, watched, check);
    if (failed) throw failure(failed, lastLines(tails));
    return daemon;
  } catch (error) {
    await endAll(before);
    throw error;
  } finally {
    for (const { probe } of watched) probe.close();
  }
}

function withNeeds(prepared: Prepared, watched: readonly Watched[]): Prepared {
  const probes = watched.map(({ probe }) => probe);
  return {
    ...prepared,
    env: [...prepared.env, ...probes.flatMap(({ environment = [] }) => [...environment])],
    descriptors: [
      ...prepared.descriptors,
      ...probes.flatMap(({ descriptors = [] }) => [...descriptors]),
    ],
  };
}

function see(
  pid: number,
  wait: DaemonWait,
  watched: readonly Watched[],
  check: () => void,
): Failure | undefined {
  const began = runtime.now();
  const poll = new PollSet(Math.max(1, watched.length));
  for (;;) {
    check();
    const ending = reapAll(pid, watched);
    if (ending) {
      return { why: `it ended ${when(watched)} (${describeEnding(ending)})`, exit: EXIT.no };
    }
    const now = runtime.now();
    let until = now + GLANCE_MS;
    for (const [slot, one] of watched.entries()) {
      const look = one.ready ? "ready" : one.probe.look(now);
      if (look === "ready") one.ready = true;
      else if ("failed" in look) return { why: look.failed, exit: EXIT.no };
      else until = Math.min(until, look.until);
      poll.watch(slot, one.ready ? -1 : one.probe.fd ?? -1, POLLIN);
    }
    const missing = watched.filter(({ ready }) => !ready);
    if (missing.length === 0 && now >= began + wait.lastingMs) return undefined;
    if (missing.length > 0 && now >= began + wait.readyTimeoutMs) {
      return { why: notReady(missing, wait), exit: EXIT.timedOut };
    }
    poll.wait(Math.max(1, Math.ceil(until - now)));
  }
}

/** @returns how the daemon ended, if it has */
function reapAll(pid: number, watched: readonly Watched[]): Ending | undefined {
  for (;;) {
    const reaped = tryWait(-1);
    if (!reaped || reaped === "running") return undefined;
    if (reaped.pid === pid) return reaped.ending;
    for (const { probe } of watched) probe.childEnded?.(reaped.pid, reaped.ending);
  }
}

function when(watched: readonly Watched[]): string {
  return watched.some(({ ready }) => !ready) ? "before it was ready" : "too soon";
}

function notReady(missing: readonly Watched[], { readyTimeoutMs }: DaemonWait): string {
  const rules = missing.map(({ rule }) => describeRule(rule)).join(", and ");
  return `not ready within ${formatDuration(readyTimeoutMs)} (ready when ${rules})`;
}

function failure({ why, exit }: Failure, lines: readonly string[]): ImpError {
  const shown = lines.map((line) => `  | ${line}`);
  const details = lines.length === 0 ? [] : ["  its last lines:", ...shown];
  return new ImpError({ action: "start", object: "the daemon", why, details, exit });
}

/** Whatever sessions they are in. */
async function endAll(before: readonly number[]): Promise<void> {
  const { endAllBelow } = await import("./undo.ts");
  endAllBelow(before);
}

function probeFor(rule: ReadyRule, logs: readonly string[], { env, settings }: Prepared): Probe {
  if (rule.kind === "log") return new LogFileProbe(rule.pattern, logs);
  // Above the numbers of the caller's descriptors that the daemon gets.
  return makeProbe(rule, env, Math.max(FLOOR.daemon, ...settings.keep));
}

/** The files that its output goes to. */
function outputsOf({ stdout, stderr }: DaemonSettings): string[] {
  return [...new Set([stdout, stderr])].flatMap((path) => path ?? []);
}

function lastLines(tails: readonly AppendedLines[]): string[] {
  return tails.flatMap((tail) => [...tail.take(), ...tail.rest()]).slice(-MOST_LINES);
}
