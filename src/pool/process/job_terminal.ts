import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { F_GETFL, O_ACCMODE, O_NOCTTY, O_RDWR, SIGINT, SIGQUIT, SIGTTOU } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  ForegroundJob,
  foregroundOf,
  giveTerminal,
  type JobControl,
  terminalToGive,
} from "../../init/job_control.ts";
import { answerToStop } from "../../init/state.ts";
import { libc } from "../../libc/calling/load.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { setTerminalModes, terminalModes } from "../../libc/descriptors/tty.ts";
import {
  controllingTerminal,
  foregroundGroup,
  groupOf,
  sessionOf,
  setForegroundGroup,
} from "../../libc/processes/job_control.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { blockSignals } from "../../libc/processes/signalfd.ts";
import { existsByNumber, signalName } from "../../libc/processes/signals.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { listTree } from "../../termination/look.ts";

/**
 * imp's terminal, lent to the running job as a shell lends it to a job: its group is in the foreground. Between two
 * jobs imp's own group is. The modes are saved, as by a shell: changes by a job that was killed or stopped are undone.
 */
export class JobTerminal {
  private readonly place: JobControl & { readonly terminal: number };
  /** The stdin of jobs without input of their own. */
  readonly stdin: number;
  private modes: Uint8Array | undefined;
  /** The modes of a stopped job. */
  private heldModes: Uint8Array | undefined;
  /** The running job, leader of its group. */
  private borrower = 0;

  /** @throws ImpError if imp has no terminal to lend */
  constructor() {
    const terminal = controllingTerminal();
    const ownGroup = groupOf(0);
    if (terminal === undefined) throw cannotGive("imp has none", "under ssh, ask for one with -t");
    if (ownGroup === 0) {
      throw cannotGive(
        "imp could not take it back: its process group is one of another PID namespace",
        "start imp by a shell inside",
      );
    }
    const leadsSession = sessionOf(0) === ownPid();
    this.place = { plan: "own", ownGroup, leadsSession, terminal };
    this.stdin = [terminal, 0, 1, 2].find((fd) => isTheTerminal(fd) && isForBoth(fd)) ??
      moveUp(openFile("/dev/tty", O_RDWR | O_NOCTTY), FLOOR.job);
    this.modes = terminalModes(terminal);
    // Otherwise imp would be stopped when it takes the terminal back, or writes to one with tostop.
    blockSignals([SIGTTOU]);
  }

  /** The session has lost it: the line was hung up, or the window closed. */
  get isGone(): boolean {
    return foregroundGroup(this.place.terminal) < 0;
  }

  /** The process group that has it, or waits for it; 0 if no job runs. */
  get group(): number {
    return this.borrower;
  }

  /** Its descriptor, if a job started now gets the foreground with it. */
  readonly toGive = (): number | undefined => terminalToGive(this.place);

  /** The child that already had it could not execute its program. */
  regain(): void {
    const { terminal, ownGroup } = this.place;
    const group = foregroundGroup(terminal);
    if (group > 0 && !existsByNumber(-group)) setForegroundGroup(terminal, ownGroup);
  }

  /** A job has been started. */
  lend(pid: number): void {
    this.borrower = pid;
    giveTerminal(this.place, pid);
  }

  /**
   * The job has ended, with this status of wait(2).
   * @returns the signal that ended it if it came from a key of the terminal, or its hangup: it was meant for imp too
   */
  takeBack(pid: number, status: number): string | undefined {
    const { terminal } = this.place;
    const ending = endingOf(status);
    const signal = ending.how === "signal" ? ending.signal : undefined;
    const typed = this.isWithJob() && (signal === SIGINT || signal === SIGQUIT);
    this.take();
    if (this.isOurs() && signal === undefined) this.modes = terminalModes(terminal) ?? this.modes;
    else if (this.isOurs()) this.setModes(this.modes);
    if (this.borrower === pid) this.borrower = 0;
    this.heldModes = undefined;
    return typed ? signalName(signal!) : this.isGone ? "HUP" : undefined;
  }

  /**
   * The job was stopped by this signal. It continues at once, or stays so.
   * @returns `pause` if imp is to be stopped with it
   */
  stopped(pid: number, signal: number): "resume" | "pause" | "leave" {
    const job = new ForegroundJob(this.place, pid);
    const answer = answerToStop({ ...job.stopped(signal), asked: false });
    if (answer === "resume") job.resume();
    return answer;
  }

  /** imp is about to be stopped with its jobs: the shell gets the terminal back as it gave it. */
  hold(): void {
    if (!this.isWithJob()) return;
    this.heldModes = terminalModes(this.place.terminal);
    this.take();
    this.setModes(this.modes);
  }

  /** imp continues, in the foreground or not. */
  goOn(): void {
    if (this.borrower === 0 || !this.isOurs()) return;
    this.modes = terminalModes(this.place.terminal) ?? this.modes;
    giveTerminal(this.place, this.borrower);
    this.setModes(this.heldModes);
    this.heldModes = undefined;
  }

  private isOurs(): boolean {
    return foregroundOf(this.place, this.borrower) === "ours";
  }

  private setModes(modes: Uint8Array | undefined): void {
    if (modes) setTerminalModes(this.place.terminal, modes);
  }

  private take(): void {
    if (this.isWithJob()) setForegroundGroup(this.place.terminal, this.place.ownGroup);
  }

  /** Its foreground is the job's group, or one made by the job, which may have no members any more. */
  private isWithJob(): boolean {
    const group = foregroundGroup(this.place.terminal);
    if (this.borrower === 0 || group <= 0 || group === this.place.ownGroup) return false;
    if (group === this.borrower || !existsByNumber(-group)) return true;
    return listTree({ below: [ownPid()] }).some(({ pgid }) => pgid === group);
  }
}

function isTheTerminal(fd: number): boolean {
  return foregroundGroup(fd) >= 0;
}

/** Whether it was opened for reading and writing. */
function isForBoth(fd: number): boolean {
  return (libc("fcntl").fcntl(fd, F_GETFL, 0) & O_ACCMODE) === O_RDWR;
}

function cannotGive(why: string, hint: string): ImpError {
  return new ImpError({
    ...{ action: "give", object: "jobs the terminal", why },
    ...{ hint: `${hint}, or leave out --tty`, exit: EXIT.failed },
  });
}
