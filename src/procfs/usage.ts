// A process' resource use, by the kernel's cheapest ways: /proc/PID/stat takes four times as long, since it also finds
// out what each thread waits for.
import { CPUCLOCK_SCHED } from "../libc/abi.ts";
import { TIMESPEC } from "../libc/structs.ts";
import { libc } from "../libc/calling/load.ts";
import { allocateForGood, type Block } from "../libc/calling/memory.ts";
import { readRecord, readTextOrNothing } from "../libc/descriptors/files.ts";
import { linkCount, listDirectory } from "../libc/descriptors/stat.ts";

const decoder = new TextDecoder();
let c: ReturnType<typeof libc<"clock_gettime">> | undefined;
let time: Block | undefined;
let tellsChildren: boolean | undefined;

/**
 * CPU time of all threads of a process so far, ended ones included, in milliseconds: the clock of
 * clock_getcpuclockid(3). Undefined if there is no such process.
 */
export function processCpuMs(pid: number): number | undefined {
  c ??= libc("clock_gettime");
  time ??= allocateForGood(TIMESPEC.bytes);
  if (c.clock_gettime((~pid << 3) | CPUCLOCK_SCHED, time.address) !== 0) return undefined;
  // The seconds are far below 2^32.
  const { view } = time;
  return view.getUint32(TIMESPEC.tv_sec, true) * 1000 +
    view.getUint32(TIMESPEC.tv_nsec, true) / 1e6;
}

/** Resident pages, from /proc/PID/statm: 0 for zombies and kernel threads; undefined if there is no such process. */
export function residentPages(pid: number): number | undefined {
  const record = readRecord(`/proc/${pid}/statm`);
  if (typeof record === "number") return undefined;
  return numberAt(record, record.indexOf(SPACE) + 1);
}

/**
 * imp's own peak memory in bytes; 0 if unknown. A process starts as a copy of imp, and the kernel counts that until
 * exec replaces it: only a larger figure can be a job's.
 */
export function peakMemory(): number {
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readTextOrNothing("/proc/self/status") ?? "")?.[1];
  return Number(peak ?? 0) * 1024;
}

/**
 * The current children of a process, counting zombies and adopted ones; none if there is no such process.
 * @param single it has one thread, as waiters have
 * @returns undefined if the kernel does not list children (CONFIG_PROC_CHILDREN)
 */
export function readChildren(pid: number, single = false): number[] | undefined {
  const first = readRecord(`/proc/${pid}/task/${pid}/children`);
  if (typeof first === "number") {
    tellsChildren ??= typeof readRecord("/proc/thread-self/children") !== "number";
    return tellsChildren ? [] : undefined;
  }
  const children = numbersIn(first);
  // A child belongs to the thread that has forked it.
  if (single || linkCount(`/proc/${pid}/task`) <= 3) return children;
  const threads = listDirectory(`/proc/${pid}/task`);
  for (const thread of typeof threads === "string" ? [] : threads) {
    if (thread === String(pid)) continue;
    const more = readRecord(`/proc/${pid}/task/${thread}/children`);
    if (typeof more !== "number") children.push(...numbersIn(more));
  }
  return children;
}

const SPACE = 32, ZERO = 48;

/** Usually none or one: reading byte by byte is faster than the runtime's functions. */
function numbersIn(bytes: Uint8Array): number[] {
  if (bytes.length === 0) return [];
  const end = bytes.indexOf(SPACE);
  if (end === bytes.length - 1) return [numberAt(bytes, 0)];
  return decoder.decode(bytes).trim().split(" ").map(Number);
}

/** Digits, up to the first other byte. */
function numberAt(bytes: Uint8Array, at: number): number {
  let number = 0;
  for (let digit = bytes[at++] - ZERO; digit >= 0; digit = bytes[at++] - ZERO) {
    number = 10 * number + digit;
  }
  return number;
}
