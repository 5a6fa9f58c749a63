import { EINTR, WNOHANG, WUNTRACED } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate } from "../calling/memory.ts";

const c = libc("wait4");
const STOPPED = 0x7f;
const ANY = -1;

/** Reaps ended children, whoever they are, and tells of those that were stopped, without allocating; what it found is in its fields until the next call. */
export class Reaper {
  private readonly statusBlock = allocate(4);
  /** struct rusage: two timevals, then longs; ru_maxrss in KiB is the first of these. */
  private readonly usage = allocate(256);

  /** @returns the PID of a child that had ended or been stopped, 0 when none has, -1 when there are no children */
  next(): number {
    for (;;) {
      const pid = c.wait4(ANY, this.statusBlock.address, WNOHANG | WUNTRACED, this.usage.address);
      if (pid >= 0) return pid;
      if (errno() !== EINTR) return -1;
    }
  }

  /** The signal that stopped it; 0 when it has ended. */
  get stopSignal(): number {
    const { status } = this;
    return (status & 0xff) === STOPPED ? (status >> 8) & 0xff : 0;
  }

  /** As wait(2) gives it. */
  get status(): number {
    return this.statusBlock.view.getInt32(0, true);
  }

  /** Milliseconds of CPU time of the child and of those it has waited for. */
  get userTime(): number {
    return this.time(0);
  }

  get systemTime(): number {
    return this.time(16);
  }

  /** The largest resident size among them, bytes. */
  get maxResident(): number {
    return Number(this.usage.view.getBigInt64(32, true)) * 1024;
  }

  private time(at: number): number {
    const seconds = Number(this.usage.view.getBigInt64(at, true));
    return seconds * 1000 + Number(this.usage.view.getBigInt64(at + 8, true)) / 1000;
  }
}
