// Makes signals interrupt system calls. Only for separate processes: the handler stays.
import { SIGACTION } from "../../src/libc/structs.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { errno } from "../../src/libc/calling/errno.ts";
import { allocate, cString } from "../../src/libc/calling/memory.ts";
import { runtime } from "../../src/runtime/mod.ts";

const SIGALRM = 14;
const EINTR = 4;
const EVERY_MICROSECONDS = 1000n;

const extra = runtime.bind("libc.so.6", {
  dlsym: { parameters: ["pointer", "pointer"], result: "pointer" },
  setitimer: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
});

/**
 * Calls `work` while a signal arrives every millisecond, whose handler does not let system calls restart.
 * @returns also how many calls of a trial were interrupted, which proves that they can be
 */
export function interrupted<T>(work: () => T): { interruptions: number; result: T } {
  handle();
  repeat(EVERY_MICROSECONDS);
  const interruptions = trial();
  const result = work();
  repeat(0n);
  return { interruptions, result };
}

/** The handler is abs(3): it takes an int, does nothing, and is async-signal-safe. No SA_RESTART. */
function handle(): void {
  const action = allocate(SIGACTION.bytes);
  const RTLD_DEFAULT = 0;
  action.view.setBigUint64(0, BigInt(extra.dlsym(RTLD_DEFAULT, cString("abs"))), true);
  if (libc("sigaction").sigaction(SIGALRM, action.address, 0) < 0) throw new Error("sigaction");
}

function repeat(microseconds: bigint): void {
  const ITIMER_REAL = 0;
  const times = allocate(32);
  times.view.setBigInt64(8, microseconds, true);
  times.view.setBigInt64(24, microseconds, true);
  if (extra.setitimer(ITIMER_REAL, times.address, 0) < 0) throw new Error("setitimer");
}

function trial(): number {
  const { poll } = libc("poll");
  let interruptions = 0;
  for (let i = 0; i < 20; i++) {
    if (poll(0, 0, 10) < 0 && errno() === EINTR) interruptions++;
  }
  return interruptions;
}
