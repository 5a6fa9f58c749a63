import { SIGACTION, SIGNALFD_SIGINFO } from "../structs.ts";
import {
  EINTR,
  F_SETFD,
  FD_CLOEXEC,
  POLLIN,
  RTLD_DEFAULT,
  SA_RESTART,
  SA_SIGINFO,
  SIG_BLOCK,
  SIGCHLD,
  WNOHANG,
  WUNTRACED,
} from "../abi.ts";
import { closeFile, isOpen } from "../descriptors/files.ts";
import { WAKEUP_FD } from "../descriptors/reserved.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString } from "../calling/memory.ts";
import { openPidfd } from "./pidfd.ts";
import { Epoll } from "../descriptors/poll.ts";
import { openSignalfd } from "./signalfd.ts";
import { signalSet } from "./signals.ts";
import { errno } from "../calling/errno.ts";

const EFD_FLAGS = 0o2004000; // EFD_CLOEXEC, EFD_NONBLOCK

/** Something to wait for in poll(2) when a child may have ended. */
export interface ChildWakeup {
  /** One of them becomes readable. */
  readonly fds: readonly number[];
  /** A child was started. */
  started(pid: number): void;
  /** It was reaped. */
  reaped(pid: number): void;
  /** Makes what is readable unreadable again. To be called before the children are looked at. */
  clear(): void;
}

/**
 * The cheap way costs nothing per child: SIGCHLD is blocked here, so that the runtime's threads that are started from now on
 * have it blocked too, and a signalfd tells of it. Threads that are there already would take it from there and be woken for
 * nothing: for them SIGCHLD is caught by libc's own eventfd_write(fd, value). A handler gets the
 * number of the signal as first argument, so with an eventfd as descriptor 17 the signal makes it readable, whichever
 * thread receives it; value is the address of the siginfo, which is never 0: SA_SIGINFO asks for it, since without that arm64
 * leaves in its place whatever the interrupted code had there. Where 17 is taken, each child gets a pidfd.
 */
export function watchChildren(): ChildWakeup {
  return isOpen(WAKEUP_FD) ? new Pidfds() : bySignal() ?? new Pidfds();
}

/**
 * Threads that the runtime starts from now on have SIGCHLD blocked. To be called as early as possible by who will call
 * {@link watchChildren}, and nothing must be executed in this process: it would have it blocked as well.
 */
export function blockChildSignal(): void {
  libc("sigprocmask").sigprocmask(SIG_BLOCK, signalSet([SIGCHLD]).address, 0);
}

function bySignal(): ChildWakeup | undefined {
  let c;
  try {
    c = libc("dlsym", "eventfd", "dup2", "fcntl", "read", "sigaction");
  } catch {
    // glibc before 2.34 has dlsym elsewhere.
    return undefined;
  }
  const handler = c.dlsym(RTLD_DEFAULT, cString("eventfd_write"));
  const made = handler === 0 ? -1 : c.eventfd(0, EFD_FLAGS);
  if (made < 0 || c.dup2(made, WAKEUP_FD) < 0) return undefined;
  // It may be 17 already.
  if (made !== WAKEUP_FD) closeFile(made);
  c.fcntl(WAKEUP_FD, F_SETFD, FD_CLOEXEC);
  installHandler(c.sigaction, handler);
  const signals = openSignalfd([SIGCHLD]);
  blockChildSignal();
  const { address } = allocate(SIGNALFD_SIGINFO.bytes);
  return {
    fds: [signals, WAKEUP_FD],
    started: () => {},
    reaped: () => {},
    // Should both be readable, the other one is the next time.
    clear: () => {
      if (c.read(signals, address, SIGNALFD_SIGINFO.bytes) < 0) c.read(WAKEUP_FD, address, 8);
    },
  };
}

function installHandler(
  sigaction: (n: number, now: number, old: number) => number,
  handler: number,
) {
  const action = allocate(SIGACTION.bytes);
  action.view.setBigUint64(0, BigInt(handler), true);
  action.view.setInt32(SIGACTION.sa_flags, SA_RESTART | SA_SIGINFO, true);
  sigaction(SIGCHLD, action.address, 0);
}

class Pidfds implements ChildWakeup {
  private readonly epoll = new Epoll();
  private readonly byPid = new Map<number, number>();
  readonly fds = [this.epoll.fd];

  started(pid: number): void {
    const fd = openPidfd(pid);
    if (fd < 0) return;
    this.epoll.add(fd, POLLIN);
    this.byPid.set(pid, fd);
  }

  reaped(pid: number): void {
    const fd = this.byPid.get(pid);
    if (fd === undefined) return;
    closeFile(fd);
    this.byPid.delete(pid);
  }

  clear(): void {}
}

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
