/** What the gate (gate.ts) knows and says, whatever the machine. */

/** Addresses in memory, and what must stand there. */
export interface GatePlaces {
  /** Where the runtime looks for the address of imp's program; 0 makes it a plain runtime. */
  header: number;
  /** Where the program lies: its size, then its bytes. */
  payload: number;
  size: number;
  /** Where the last eight bytes of the program lie, and what they are. */
  trailer: number;
  magic: bigint;
  /** Where the dynamic linker puts the address of a function of libc. */
  slots: { getcwd: number; signal: number; sigaction: number };
}

/** The functions of libc in whose place the runtime calls the gate's. */
export const REPLACED = [
  "getcwd",
  "signal",
  "sigaction",
  "abort",
  "eventfd",
  "epoll_create1",
] as const;

/** What every start-up reads; without it the runtime does not know its stack. */
export const PROBED = "/proc/self/maps";

/** The kernel's struct sigaction of a signal that was ignored before exec: SIG_IGN, no flags, no restorer, no mask. */
export const IGNORED = [1, ...Array<number>(31).fill(0)];

/** The signal that the JavaScript engine keeps for itself (scripts/signals.ts): the only one that it needs a handler for. */
export const ENGINE_SIGNAL = 16;

/** The signals of faults for which the runtime has handlers, and the engine's own; a bit for each. */
export const HANDLED = [4, 5, 6, 7, 8, 11, ENGINE_SIGNAL, 31]
  .reduce((bits, signal) => (bits | 1 << signal) >>> 0, 0);

/** What is said before imp exits with 125, by the gate's labels. ASCII only. */
export const SENTENCES: Record<string, string> = {
  "bare":
    "imp: this copy of imp is incomplete: it was cut, or stripped; install it again, as it was built\n",
  "no proc": "imp: cannot start: /proc is not mounted ('mount -t proc proc /proc')\n",
  "no files": "imp: cannot start: too few open files are allowed ('ulimit -n')\n",
  "no memory": "imp: out of memory: the limit on address space is too low ('ulimit -v')\n",
  "no threads":
    "imp: cannot start a thread: the limit on processes is reached ('ulimit -u', pids.max)\n",
  "no reason":
    "imp: the JavaScript runtime inside imp has aborted; please report what imp was doing\n",
};
