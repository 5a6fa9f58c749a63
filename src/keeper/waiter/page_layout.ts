/**
 * The page of memory that a daemon's two waiters, guard and keeper, share with the imp that acts for them: a memory
 * file with the same descriptor number in all of them. Each word has one writer at a time, so nothing is locked:
 * waiters raise events and report ends; a turn of imp records how far it has handled them, and what it wants.
 */

import { SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2 } from "../../libc/abi.ts";

/** The signals that a waiter reads from its signalfd. All others that can be blocked are blocked too, and ignored. */
export const WAITER_SIGNALS: readonly number[] = [
  SIGHUP,
  SIGINT,
  SIGUSR1,
  SIGUSR2,
  SIGALRM,
  SIGTERM,
  SIGCHLD,
];

/** Descriptors in a waiter, and so in the turn that it starts. Those that it watches follow. */
export const WAITER_FD = {
  /** A signalfd for {@link WAITER_SIGNALS}, all of them blocked. */
  signals: 3,
  /** A timerfd of CLOCK_REALTIME, armed by turns. */
  timer: 4,
  /** The page. */
  page: 5,
  /** imp's executable, O_PATH: executed if imp's file is gone. */
  imp: 6,
  /** One of a few files whose flock(2) a waiter holds while its turn runs: few turns run at a time on a machine. */
  turns: 7,
  /** The daemon's file whose lock is held by its keepers: kept_claim.ts. It is only inherited. */
  kept: 8,
  /** The first watched one: a socket, an inotify descriptor, a pidfd. Passed when waiters are raised. */
  watched: 9,
  /**
   * The first one held for the program and not polled: its sockets, then its terminal. Also passed when waiters are
   * raised.
   */
  held: 17,
} as const;

/** Most descriptors watched besides the timer. */
export const MOST_WATCHED = 8;
/** Most descriptors held. */
export const MOST_HELD = 17;

/** Events of a waiter, as an index into `raised` and `seen`. */
export const WAITER_EVENT = {
  /**
   * A keeper begins, with its guard or, if no process could be forked, without: at the start, and when `pair` was
   * requested.
   */
  begin: 0,
  /** The program has ended: `ended` says how. */
  ended: 1,
  /** Guard or keeper has ended without having been told to leave. */
  partner: 2,
  /** TERM, HUP or INT: `signal` says which. */
  asked: 3,
  /** Settings or intent have changed: USR1, or ALRM three seconds ago. */
  wake: 4,
  /** The timer is readable. */
  timer: 5,
  /** A watched descriptor is ready: `ready` has a bit for each, from the first one on. */
  watched: 6,
} as const;

export type WaiterEvent = keyof typeof WAITER_EVENT;

/** Byte offsets; every word is a 32-bit integer in the machine's byte order, except in the records of ends. */
export const PAGE = {
  bytes: 4096,
  /**
   * `IMPK` and the version of this layout. Waiters outlive the imp that raised them: a new version must understand this
   * one.
   */
  magic: 0,
  version: 4,
  /** Written by the waiters themselves. A keeper without a guard has 0 in `guard`. */
  guard: 8,
  keeper: 12,
  /** The program's main process, 0 if there is none. Written by turns; the waiter that reaps it writes 0. */
  program: 16,
  /** The running turn, 0 if there is none. */
  turn: 20,
  /**
   * Nonzero: the waiters should exit. Written by a turn, effective when it has done its work; 0 again when the next one
   * starts.
   */
  leave: 24,
  /** Nonzero: a waiter without a partner forks one and becomes its guard. Like `leave`; for when no program runs. */
  pair: 28,
  /**
   * Nonzero: the turn has done its work. A turn that exits without it has failed, whatever its status: something else
   * is in imp's place.
   */
  done: 32,
  /** How many turns in a row have failed; the pause before the next one grows with it. */
  failures: 36,
  /** The wait status of the last turn; -errno if it could not be forked. */
  turnStatus: 40,
  /** The signal that raised `asked`. */
  signal: 44,
  /** A bit for each watched descriptor that was ready; turns clear them. */
  ready: 48,
  /** How many entries of `polled` are polled while no turn runs: two and the watched ones. */
  polledCount: 52,
  /**
   * Nonzero: the first watched descriptor is a socket for sd_notify(3), and the waiter itself takes plain pings of
   * `program`. The value is the descriptor of a timer that each ping restarts; -1 if there is none.
   */
  pings: 56,
  /** How many pings a waiter has taken. */
  pinged: 60,
  /** How often each event has occurred: written by waiters. {@link WAITER_EVENT}. */
  raised: 64,
  /** The count up to which a turn has handled it. */
  seen: 96,
  /** {@link END_RECORD} of `program`. */
  ended: 128,
  /** The same of the last child that was neither turn nor waiter nor `program`. */
  other: 296,
  /** struct itimerspec: what a ping sets the timer of `pings` to. */
  pingTimer: 464,
  /**
   * Structures pollfd of poll(2): the signalfd, the timer, then the watched ones. A descriptor of -1 is not polled; a
   * waiter writes it if poll(2) reports an error or a hang-up and nothing to read.
   */
  polled: 512,
  /**
   * How many descriptors are held, from `WAITER_FD.held` on. Waiters pass on what they have; whoever restarts them must
   * know.
   */
  held: 1016,
  /** Only for turns: when the daemon's last health probe began, a double, in milliseconds since boot. */
  probedAt: 1008,
  /**
   * Only for turns: length of the text that one has left for the next because it could not be written to the disk; then
   * the text.
   */
  textLength: 1024,
  text: 1028,
} as const;

/** In `polled`: the timer's events, a short; POLLIN, or none while only pings are taken. */
export const TIMER_EVENTS = PAGE.polled + 12;

/** How a process ended, as reported by wait4(2), and when it was reaped. */
export const END_RECORD = {
  pid: 0,
  status: 4,
  /** struct timespec of CLOCK_REALTIME. */
  at: 8,
  /** struct rusage. */
  usage: 24,
  bytes: 168,
} as const;

export const PAGE_MAGIC = 0x4b504d49;
export const PAGE_VERSION = 1;
