import { POLLIN, SIGUSR1 } from "../../libc/abi.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { type ChildWakeup, Reaper, watchChildren } from "../../libc/processes/child_wakeup.ts";
import { openSignalfd, readSignals } from "../../libc/processes/signalfd.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import type { ProgramEnd } from "../policy/run_end.ts";

/** So as not to miss what no descriptor reports, ms. */
const LONGEST_SLEEP_MS = 1000;

/**
 * What a turn has started itself, including the program: it is the turn's child until that exits. While a turn stays,
 * it reaps them, and their ends wake it.
 */
export class TurnChildren {
  /** How the program ended that this turn started. */
  programEnd?: ProgramEnd;
  private readonly reaper = new Reaper();
  private readonly ends = new Map<number, Ending>();
  private readonly wakeup: ChildWakeup = watchChildren();
  /** Sent by a waiter with news; turns have it blocked from the start. */
  private readonly signals = openSignalfd([SIGUSR1]);

  /** A child was started. */
  started(pid: number): void {
    this.wakeup.started(pid);
  }

  /** @param program whose end is kept separately */
  reap(program: number): void {
    for (let pid = this.reaper.next(); pid > 0; pid = this.reaper.next()) {
      if (this.reaper.stopSignal !== 0) continue;
      this.wakeup.reaped(pid);
      const { status, userTime, systemTime, maxResident } = this.reaper;
      const ending = endingOf(status);
      if (pid !== program) this.ends.set(pid, ending);
      else {
        const cpuMs = userTime + systemTime;
        this.programEnd = { pid, ending, at: Date.now(), cpuMs, maxRssBytes: maxResident };
      }
    }
  }

  /** Ends of other children since the last call. */
  takeOthers(): [pid: number, ending: Ending][] {
    const others = [...this.ends];
    this.ends.clear();
    return others;
  }

  /** Sleeps until a child has ended, the waiter has news, one of `fds` is readable, or the time is over. */
  sleep(ms: number, fds: readonly number[] = []): void {
    const own = [this.signals, ...this.wakeup.fds];
    const set = new PollSet(own.length + fds.length);
    [...own, ...fds].forEach((fd, i) => set.watch(i, fd, POLLIN));
    set.wait(Math.ceil(Math.max(0, Math.min(ms, LONGEST_SLEEP_MS))));
    if (set.ready(0) !== 0) readSignals(this.signals);
    this.wakeup.clear();
  }
}
