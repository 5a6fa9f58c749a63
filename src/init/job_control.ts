import {
  controllingTerminal,
  foregroundGroup,
  groupOf,
  isForeground,
  sessionOf,
  setForegroundGroup,
} from "../libc/processes/job_control.ts";
import { isInit, ownPid, parentPid } from "../libc/processes/process.ts";
import { isPipeOrSocket } from "../libc/descriptors/stat.ts";
import { readStat } from "../procfs/stat.ts";
import { forwarded, type GroupPlan, reachesGroup } from "./forwarding.ts";
import type { InitSettings, SessionChoice } from "./settings.ts";
import type { Foreground } from "./state.ts";
import { SIGCONT, SIGHUP } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import type { ReceivedSignal } from "../libc/processes/signalfd.ts";
import { signalName } from "../libc/processes/signals.ts";
import { signalByNumber } from "../termination/identity.ts";

/** The place of init and its program among the jobs of a terminal. */
export interface JobControl {
  readonly plan: GroupPlan;
  readonly ownGroup: number;
  readonly leadsSession: boolean;
  /** Descriptor of the controlling terminal. */
  readonly terminal?: number;
}

const SEARCH_DEPTH = 64;

export function findJobControl({ session, toGroup }: InitSettings): JobControl {
  const terminal = controllingTerminal();
  const pid = ownPid();
  const ownGroup = groupOf(0);
  const leadsSession = sessionOf(0) === pid;
  const plan = chooseGroup({
    session: session,
    toGroup,
    hasTerminal: terminal !== undefined,
    leadsSession,
    // 0: a group of another PID namespace. A shell that asked for it and wanted to return the terminal to it would
    // fail.
    leadsGroup: ownGroup === pid || (ownGroup === 0 && terminal !== undefined && isForeground()),
    piped: isPipeOrSocket(0) || isPipeOrSocket(1),
  });
  return { plan, ownGroup, leadsSession, terminal };
}

/** The terminal to give to the program at its start: only if the foreground is ours to give. */
export function terminalToGive({ plan, terminal, ownGroup }: JobControl): number | undefined {
  if (plan !== "own" || terminal === undefined) return undefined;
  return isOurs(foregroundGroup(terminal), ownGroup) ? terminal : undefined;
}

/** @param program PID of the program; also its group, if it has its own */
export function foregroundOf(
  { plan, terminal, ownGroup }: JobControl,
  program: number,
): Foreground {
  if (terminal === undefined) return "none";
  const group = foregroundGroup(terminal);
  if (isOurs(group, ownGroup)) return "ours";
  return plan !== "shared" && group === program ? "program" : "other";
}

function isOurs(foreground: number, ownGroup: number): boolean {
  return foreground === ownGroup && (ownGroup !== 0 || isForeground());
}

/** Gives the program the foreground if it is ours. */
export function giveTerminal(job: JobControl, program: number): void {
  if (job.plan !== "own" || foregroundOf(job, program) !== "ours") return;
  setForegroundGroup(job.terminal!, program);
}

/** Takes the foreground back from the program. */
export function takeTerminal(job: JobControl, program: number): void {
  if (foregroundOf(job, program) !== "program") return;
  // A group of another PID namespace cannot be named.
  if (job.ownGroup !== 0) setForegroundGroup(job.terminal!, job.ownGroup);
}

/**
 * Whether somebody could continue us if we stopped: our group is not orphaned, that is, some member's parent is in the
 * same session but another group (setpgid(2)). A script's shell is in our group: then its parent counts.
 */
export function underJobControl({ terminal, leadsSession, ownGroup }: JobControl): boolean {
  if (terminal === undefined || leadsSession || isInit()) return false;
  const session = sessionOf(0);
  let parent = parentPid();
  for (let i = 0; i < SEARCH_DEPTH && parent > 0 && sessionOf(parent) === session; i++) {
    if (groupOf(parent) !== ownGroup) return true;
    parent = readStat(parent)?.ppid ?? 0;
  }
  return false;
}

/** What decides the program's group. */
export interface Surroundings {
  readonly session: SessionChoice;
  readonly toGroup: boolean;
  readonly hasTerminal: boolean;
  readonly leadsSession: boolean;
  readonly leadsGroup: boolean;
  /** Standard input or output is a pipe. */
  readonly piped: boolean;
}

/**
 * In a group of its own, a signal for the caller's group arrives once: init forwards it. But in a pipeline or a script,
 * a separate group in the foreground would stop the others when they read the terminal (`imp init -- prog | less`), and
 * Ctrl-C would not reach them.
 */
export function chooseGroup(of: Surroundings): GroupPlan {
  if (of.session === "new") return "session";
  if (of.session === "same") return "shared";
  if (of.toGroup || !of.hasTerminal || of.leadsSession) return "own";
  return of.leadsGroup && !of.piped ? "own" : "shared";
}

const NO_REWRITES: ReadonlyMap<number, number> = new Map();

/**
 * The program that init or `imp with` runs in the foreground: it gets signals and the terminal, is stopped and
 * continued.
 */
export class ForegroundJob {
  /** Giving up the terminal sends us these, once each. */
  private readonly expected: Set<number>;

  /** @param pid the program's; it was started according to `control` */
  constructor(private readonly control: JobControl, private readonly pid: number) {
    const { plan, leadsSession, terminal } = control;
    const detached = plan === "session" && leadsSession && terminal !== undefined;
    this.expected = new Set(detached ? [SIGHUP, SIGCONT] : []);
  }

  /** Whether the signal is only a consequence of imp's own action. */
  expects(number: number): boolean {
    return this.expected.delete(number);
  }

  /** Whether such a signal may still come. */
  get awaitsEcho(): boolean {
    return this.expected.size > 0;
  }

  /** The signal to forward for one that imp received; 0 for none. */
  forwarded(signal: ReceivedSignal, rewrites = NO_REWRITES): number {
    return forwarded(signal, rewrites, this.control.plan, this.control.leadsSession);
  }

  /** It was stopped: facts for deciding what to do. */
  stopped(signal: number) {
    const foreground = foregroundOf(this.control, this.pid);
    return { type: "stopped", signal, foreground, jobControl: this.isControlled } as const;
  }

  /** Something above does job control and can continue us. */
  get isControlled(): boolean {
    return underJobControl(this.control);
  }

  /** @param toGroup to its whole group, if it has its own */
  forward(signal: number, toGroup = false): "group" | "program" {
    const whole = reachesGroup(this.control.plan, toGroup, signal);
    this.send(whole ? -this.pid : this.pid, signal);
    return whole ? "group" : "program";
  }

  /** Continues it, and gives it the terminal if that is ours. */
  resume(): void {
    giveTerminal(this.control, this.pid);
    this.send(this.control.plan === "shared" ? this.pid : -this.pid, SIGCONT);
  }

  takeTerminal(): void {
    takeTerminal(this.control, this.pid);
  }

  private send(pid: number, number: number): void {
    // It may have become another user's, for example by a set-user-ID file. The kernel's answer stands.
    if (signalByNumber(pid, number) === "refused") {
      debug("init", "the signal was refused", { pid, signal: signalName(number) });
    }
  }
}
