import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import type { Worker } from "./worker.ts";

// The number of read(2), as /proc/PID/syscall tells it.
const READ_CALLS = ["0 0x0 ", "63 0x0 "];

/**
 * Whether a worker that owes an answer waits for more input: it has read everything, sits in read(2) on its stdin, and there
 * is neither another thread nor a child that could be at work. Then no answer will come before it gets more: it keeps its
 * output in a buffer, or answers not every record.
 */
export function waitsForMore(worker: Worker): boolean {
  if (worker.flight.length === 0 || worker.inputClosed || worker.unread() > 0) return false;
  const { pid } = worker;
  const call = readTextOrNothing(`/proc/${pid}/syscall`);
  if (call === undefined || !READ_CALLS.some((read) => call.startsWith(read))) return false;
  const status = readTextOrNothing(`/proc/${pid}/status`) ?? "";
  if (!/^Threads:\s*1$/m.test(status)) return false;
  const children = readTextOrNothing(`/proc/${pid}/task/${pid}/children`);
  // Last of all: it may have answered while it was looked at, and have gone to wait for more as it should.
  return children?.trim() === "" && !worker.hasSpoken;
}

/** Resident memory of a process in bytes; undefined when it is gone. */
export function residentBytes(pid: number): number | undefined {
  const match = /^VmRSS:\s*(\d+) kB/m.exec(readTextOrNothing(`/proc/${pid}/status`) ?? "");
  return match ? Number(match[1]) * 1024 : undefined;
}
