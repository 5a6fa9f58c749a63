// What a process uses, by the cheapest ways that the kernel has: /proc/PID/stat, which also looks for what each thread waits for, takes
// four times as long.
import { CPUCLOCK_SCHED } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { allocateForGood, type Block } from "../libc/calling/memory.ts";
import { readRecord } from "../libc/descriptors/files.ts";
import { listDirectory, statPath } from "../libc/descriptors/stat.ts";

let time: Block | undefined;
let tellsChildren: boolean | undefined;

/**
 * CPU time of all threads of a process so far, those that have ended included, in milliseconds: the clock that
 * clock_getcpuclockid(3) names. Undefined when there is no such process.
 */
export function processCpuMs(pid: number): number | undefined {
  time ??= allocateForGood(16);
  if (libc("clock_gettime").clock_gettime((~pid << 3) | CPUCLOCK_SCHED, time.address) !== 0) {
    return undefined;
  }
  const { view } = time;
  return Number(view.getBigInt64(0, true)) * 1000 + Number(view.getBigInt64(8, true)) / 1e6;
}

/** Resident pages, from /proc/PID/statm: 0 for a zombie and a thread of the kernel; undefined when there is no such process. */
export function residentPages(pid: number): number | undefined {
  const record = readRecord(`/proc/${pid}/statm`);
  return typeof record === "number" ? undefined : numbersIn(record)[1];
}

/**
 * The children that a process has now, zombies and those it has adopted included; none when there is no such process.
 * @returns undefined where the kernel does not tell (CONFIG_PROC_CHILDREN)
 */
export function readChildren(pid: number): number[] | undefined {
  const first = readRecord(`/proc/${pid}/task/${pid}/children`);
  if (typeof first === "number") {
    tellsChildren ??= typeof readRecord("/proc/thread-self/children") !== "number";
    return tellsChildren ? [] : undefined;
  }
  const children = numbersIn(first);
  // A child belongs to the thread that has forked it. A directory has a link from each one in it.
  const tasks = statPath(`/proc/${pid}/task`);
  if (typeof tasks === "string" || tasks.links <= 3) return children;
  const threads = listDirectory(`/proc/${pid}/task`);
  for (const thread of typeof threads === "string" ? [] : threads) {
    if (thread === String(pid)) continue;
    const more = readRecord(`/proc/${pid}/task/${thread}/children`);
    if (typeof more !== "number") children.push(...numbersIn(more));
  }
  return children;
}

/** Numbers between spaces, as ASCII digits. */
function numbersIn(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = -1;
  for (const byte of bytes) {
    if (byte >= 0x30 && byte <= 0x39) value = Math.max(0, value) * 10 + byte - 0x30;
    else if (value >= 0) {
      numbers.push(value);
      value = -1;
    }
  }
  if (value >= 0) numbers.push(value);
  return numbers;
}
