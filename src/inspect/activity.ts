import { startTime } from "../procfs/boot.ts";
import type { OpenFile } from "../procfs/fds.ts";
import { Unreadable } from "../procfs/read.ts";
import { type ListeningSocket, socketsListening } from "../procfs/sockets.ts";
import { readThreads, type ThreadStat } from "../procfs/threads.ts";
import { processCpuMs } from "../procfs/usage.ts";
import { type KernelWait, readWaiting, type WaitingSyscall } from "../procfs/waiting.ts";
import type { ProcessFacts } from "./facts.ts";
import { type Unit, unitOf } from "./logind.ts";

/** What a process is doing right now. */
export interface Activity {
  /** Undefined if it is running, stopped or has ended. */
  readonly waiting?: KernelWait;
  /** At most {@link MAX_THREADS}. */
  readonly threads: readonly ThreadStat[];
  /** Where others can reach it; undefined if its descriptors are hidden. */
  readonly listens?: readonly ListeningSocket[];
  /** According to its control group; undefined if that is not one of systemd's. */
  readonly unit?: Unit;
  readonly cpu: CpuUse;
}

/** In percent of one processor. */
export interface CpuUse {
  /** While imp looked; undefined if it did not look twice. */
  readonly now?: number;
  readonly sinceStart: number;
}

/** How many threads are looked at. */
const MAX_THREADS = 512;
/** Below this, the result is chance. */
const LEAST_SAMPLE_MS = 20;

/** @param sample of the CPU clock, taken a while ago */
export function readActivity(facts: ProcessFacts, sample?: CpuSample): Activity {
  const { pid, state } = facts;
  const sockets = socketsListening(pid);
  const listens = sockets instanceof Unreadable ? undefined : sockets;
  const unit = unitOf(facts.cgroup);
  const waits = (state === "S" || state === "D") && !facts.kernelThread;
  return {
    threads: facts.kernelThread ? [] : readThreads(pid, MAX_THREADS),
    cpu: cpuUse(facts, sample, sample && sampleCpu(pid)),
    ...(waits ? { waiting: readWaiting(pid) } : {}),
    ...(listens ? { listens } : {}),
    ...(unit ? { unit } : {}),
  };
}

/** How much CPU time a process had used at a given time. */
export interface CpuSample {
  readonly usedMs: number;
  /** Of the monotonic clock. */
  readonly at: number;
}

export function sampleCpu(pid: number): CpuSample | undefined {
  const usedMs = processCpuMs(pid);
  return usedMs === undefined ? undefined : { usedMs, at: performance.now() };
}

/** Pure, but for the age of the process. */
export function cpuUse(
  { startTicks, cpuMs }: Pick<ProcessFacts, "startTicks" | "cpuMs">,
  before?: CpuSample,
  after?: CpuSample,
): CpuUse {
  // Boot time is known to the second only: what has just started may seem to lie ahead.
  const age = Math.max(1000, Date.now() - startTime({ startTicks }));
  const sinceStart = rounded(cpuMs / age);
  if (!before || !after || after.at - before.at < LEAST_SAMPLE_MS) return { sinceStart };
  return { now: rounded((after.usedMs - before.usedMs) / (after.at - before.at)), sinceStart };
}

function rounded(share: number): number {
  return Math.round(Math.max(0, share) * 1000) / 10;
}

/** System calls whose first argument is the descriptor waited for. */
const OF_DESCRIPTOR = new Set<WaitingSyscall>([
  ...["read", "readv", "pread64", "write", "writev", "pwrite64", "ioctl", "fcntl"] as const,
  ...["connect", "accept", "accept4", "sendto", "sendmsg", "sendmmsg"] as const,
  ...["recvfrom", "recvmsg", "recvmmsg", "flock", "fsync", "fdatasync", "splice"] as const,
]);

/** What is waited for, if the name of the call does not say it. */
const MEANINGS: Partial<Record<WaitingSyscall, string>> = {
  futex: "a lock, or another thread",
  futex_waitv: "a lock, or another thread",
  wait4: "the end of a child",
  waitid: "the end of a child",
  vfork: "its child's exec",
  pause: "a signal",
  rt_sigsuspend: "a signal",
  rt_sigtimedwait: "a signal",
  nanosleep: "a time",
  clock_nanosleep: "a time",
  restart_syscall: "what it waited for before it was stopped",
  poll: "descriptors, or a time",
  ppoll: "descriptors, or a time",
  select: "descriptors, or a time",
  pselect6: "descriptors, or a time",
  epoll_wait: "descriptors, or a time",
  epoll_pwait: "descriptors, or a time",
  epoll_pwait2: "descriptors, or a time",
  io_uring_enter: "completions",
  io_getevents: "completions",
};

/**
 * Pure. What a process is waiting in, in words: `read(2) of descriptor 0, /dev/pts/3`; undefined if nothing is known.
 */
export function waitingText(
  { syscall, number, first, wchan }: KernelWait,
  fds: readonly OpenFile[],
): string | undefined {
  if (syscall === undefined) {
    if (number !== undefined) return `system call ${number}${wchan ? ` (${wchan})` : ""}`;
    return wchan && `${wchan} in the kernel`;
  }
  if (OF_DESCRIPTOR.has(syscall)) {
    const file = fds.find(({ fd }) => fd === first);
    const target = file?.listener
      ? `, ${file.listener.protocol} ${file.listener.address}`
      : file
      ? `, ${file.target}`
      : "";
    return `${syscall}(2) of descriptor ${first}${target}`;
  }
  const meaning = MEANINGS[syscall];
  return `${syscall}(2)${meaning ? `: ${meaning}` : wchan ? ` (${wchan})` : ""}`;
}
