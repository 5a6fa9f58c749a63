import { ImpError } from "../../base/errors.ts";
import { O_RDWR, SIGKILL } from "../../libc/abi.ts";
import { workIn } from "../../libc/descriptors/directory.ts";
import { closeFile, moveUp, openFile, readSome } from "../../libc/descriptors/files.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPidfd } from "../../libc/processes/pidfd.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { sendSignal } from "../../libc/processes/signals.ts";
import { wordText } from "../../libc/processes/process_image.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";
import { describeEnding, type Ending, tryWait } from "../../libc/processes/wait.ts";
import { programsOpenFiles } from "../../libc/users/limits.ts";
import { nap } from "../../libc/time.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { childrenOf } from "../../procfs/processes.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import { type CheckLook, failedBy, type HealthCheck } from "../../ready/health_check.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../../termination/identity.ts";
import { sessionLedBy } from "../../termination/scope.ts";
import { killBlocking } from "../../termination/termination.ts";

export interface CheckCommand {
  readonly words: readonly Bytes[];
  readonly environment: readonly Bytes[];
  /** Its working directory; default: /. */
  readonly directory?: string;
  /** Its output tells why it failed; else it is discarded. */
  readonly says?: boolean;
}

/** Without pidfds, the interval of looking for its end, ms. */
const GLANCE_MS = 20;
/** A killed process ends at once, unless the kernel waits for a disk, ms. */
const REAP_PATIENCE_MS = 100;

/** Their ends are still to come. */
const underWay = new Set<number>();
/** Killed, but not gone by then: reaped later. */
const unreaped = new Set<number>();
let hasStarted = false;

/**
 * Kills and reaps what ended commands have left in sessions of their own: in a subreaper that starts nothing else, the
 * children that it has not started.
 */
export function endLeftByCommands(): void {
  if (!hasStarted) return;
  const left = childrenOf(ownPid()).filter((pid) => !underWay.has(pid));
  const roots = left.flatMap((pid) => identityOf(pid) ?? []).filter(isRunning);
  if (roots.length > 0) killBlocking({ roots });
  for (const pid of left) if (tryWait(pid) !== "running") unreaped.delete(pid);
}

/**
 * A program whose exit status 0 means that the daemon works. It leads its own session. Closed before its end, it is
 * killed with all its descendants; what remains of its process group when it has ended is killed, too.
 */
export class CommandCheck implements HealthCheck {
  readonly fd: number | undefined;
  private pid = 0;
  private readonly identity: ProcessIdentity | undefined;
  private readonly said: number | undefined;
  private outcome: CheckLook | undefined;

  constructor({ words, environment, directory = "/", says = false }: CheckCommand) {
    for (const pid of unreaped) if (tryWait(pid) !== "running") unreaped.delete(pid);
    const opened: number[] = [];
    try {
      const path = findProgram(wordText(words[0]), environment, "/");
      opened.push(moveUp(openFile("/dev/null", O_RDWR), FLOOR.job));
      const [readEnd, writeEnd] = says ? openPipe(FLOOR.job) : [];
      this.said = readEnd;
      if (writeEnd !== undefined) opened.push(writeEnd);
      const [nothing] = opened;
      const pid = workIn(directory, () =>
        spawn({
          path,
          argv: words,
          env: environment,
          openFiles: programsOpenFiles(),
          newSession: true,
          descriptors: [[nothing, 0], [writeEnd ?? nothing, 1], [nothing, 2]],
        }));
      if (pid < 0) this.outcome = failedBy(-pid, "cannot be executed: ");
      else this.pid = pid;
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.outcome = { failed: error.message };
    } finally {
      for (const one of opened) closeFile(one);
    }
    if (this.pid === 0) return;
    hasStarted = true;
    underWay.add(this.pid);
    this.identity = identityOf(this.pid);
    const pidfd = openPidfd(this.pid);
    if (pidfd >= 0) this.fd = moveUp(pidfd, FLOOR.job);
  }

  look(now: number): CheckLook {
    if (this.outcome) return this.outcome;
    if (!this.hasEnded()) return { until: this.fd === undefined ? now + GLANCE_MS : Infinity };
    // It has not been reaped: its group's number is not reused.
    sendSignal(-this.pid, SIGKILL);
    return this.outcome = this.judge(this.reap());
  }

  close(): void {
    if (this.pid > 0 && !this.outcome) {
      try {
        killBlocking(sessionLedBy(this.pid, this.identity));
      } finally {
        // Also if /proc cannot be listed.
        sendSignal(-this.pid, SIGKILL);
        this.reap();
      }
    }
    for (const fd of [this.fd, this.said]) if (fd !== undefined) closeFile(fd);
  }

  private judge(ending: Ending | undefined): CheckLook {
    if (!ending || (ending.how === "exit" && ending.code === 0)) return "well";
    const said = this.said === undefined ? "" : readSome(this.said);
    const why = typeof said === "object" ? new TextDecoder().decode(said).trim() : "";
    return { failed: why || describeEnding(ending) };
  }

  private hasEnded(): boolean {
    const stat = readStat(this.pid);
    return stat === undefined || isZombie(stat);
  }

  private reap(): Ending | undefined {
    const { pid } = this;
    underWay.delete(pid);
    for (let waited = 0;; waited++) {
      const now = tryWait(pid);
      if (now !== "running") return now?.ending;
      if (waited === REAP_PATIENCE_MS) break;
      nap(1);
    }
    unreaped.add(pid);
    return undefined;
  }
}
