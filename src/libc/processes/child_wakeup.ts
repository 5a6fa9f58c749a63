import { EFD_CLOEXEC, EFD_NONBLOCK } from "../abi_files.ts";
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
import { stopSignalOf } from "./wait.ts";
import { errno } from "../calling/errno.ts";

/** Something to wait for in poll(2) when a child may have ended. */
export interface ChildWakeup {
  /** One of them becomes readable. */
  readonly fds: readonly number[];
  /** Call when a child was started. */
  started(pid: number): void;
  /** Call when it was reaped. */
  reaped(pid: number): void;
  /** Clears the readiness. Call it before looking at the children. */
  clear(): void;
}

/**
 * Costs nothing per child: SIGCHLD is blocked here, so that threads which the runtime starts later inherit the block,
 * and a signalfd reports it. Existing threads would still receive the signal and wake for nothing: for them it is
 * caught by libc's own eventfd_write(fd, value). A handler's first argument is the signal's number, so an eventfd at
 * descriptor 17 becomes readable whichever thread receives it; value is the address of the siginfo, never 0. That takes
 * SA_SIGINFO: without it arm64 leaves whatever the interrupted code had in that register. If 17 is taken, each child
 * gets a pidfd.
 */
export function watchChildren(): ChildWakeup {
  return isOpen(WAKEUP_FD) ? new Pidfds() : bySignal() ?? new Pidfds();
}

/**
 * Blocks SIGCHLD in threads that the runtime starts later. Call it as early as possible before {@link watchChildren};
 * nothing may be executed in place of this process, which would inherit the block.
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
  const made = handler === 0 ? -1 : c.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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
    // If both are readable, the other one's turn is next time.
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
const ANY = -1;

/**
 * Reaps any ended child and reports stopped ones, without allocating; its fields hold the result until the next call.
 */
export class Reaper {
  private readonly statusBlock = allocate(4);
  /** struct rusage: two timevals, then longs, ru_maxrss (KiB) first. */
  private readonly usage = allocate(256);

  /** @returns the PID of a child that ended or stopped, 0 if none has, -1 without children */
  next(): number {
    for (;;) {
      const pid = c.wait4(ANY, this.statusBlock.address, WNOHANG | WUNTRACED, this.usage.address);
      if (pid >= 0) return pid;
      if (errno() !== EINTR) return -1;
    }
  }

  /** The signal that stopped it; 0 when it has ended. */
  get stopSignal(): number {
    return stopSignalOf(this.status);
  }

  /** In wait(2) format. */
  get status(): number {
    return this.statusBlock.view.getInt32(0, true);
  }

  /** CPU time of the child and the children it waited for, in milliseconds. */
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
