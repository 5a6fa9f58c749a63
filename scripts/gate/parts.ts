/** What the gate (gate.ts) knows and prints on every machine. */

/** Addresses in memory, and what must be there. */
export interface GatePlaces {
  /** Where the runtime reads the address of imp's program; 0 makes it a plain runtime. */
  header: number;
  /** Where the program is: its size, then its bytes. */
  payload: number;
  size: number;
  /** Where the last eight bytes of the program are, and their value. */
  trailer: number;
  magic: bigint;
  /** Where the dynamic linker stores the address of a function of libc. */
  slots: { getcwd: number; signal: number; sigaction: number };
}

/** The functions of libc that the gate replaces for the runtime. */
export const REPLACED = [
  "getcwd",
  "signal",
  "sigaction",
  "abort",
  "eventfd",
  "epoll_create1",
] as const;

/** Read at every start-up; without it the runtime does not know its stack. */
export const PROBED = "/proc/self/maps";

/** The kernel's struct sigaction of a signal that was ignored before exec: SIG_IGN, no flags, no restorer, no mask. */
export const IGNORED = [1, ...Array<number>(31).fill(0)];

/** The signal reserved by the JavaScript engine (scripts/signals.ts): the only one for which it needs a handler. */
export const ENGINE_SIGNAL = 16;

/** The fault signals for which the runtime has handlers, and the engine's own; a bit for each. */
export const HANDLED = [4, 5, 6, 7, 8, 11, ENGINE_SIGNAL, 31]
  .reduce((bits, signal) => (bits | 1 << signal) >>> 0, 0);

/** Printed before imp exits with 125, by the gate's labels. ASCII only. */
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
