/**
 * The page of memory that a daemon's two waiters, guard and keeper, share with the imp that acts for them: a file in memory under
 * the same descriptor in all of them. Each word has one writer at a time, so nothing is locked: waiters raise events and tell of
 * ends, a turn of imp says how far it has seen them and what it wants.
 */

import { SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2 } from "../../libc/abi.ts";

/** What a waiter reads from its signalfd. All others that can be blocked are blocked too, and mean nothing to it. */
export const WAITER_SIGNALS: readonly number[] = [
  SIGHUP,
  SIGINT,
  SIGUSR1,
  SIGUSR2,
  SIGALRM,
  SIGTERM,
  SIGCHLD,
];

/** Descriptors in a waiter, and so in the turn that it starts. Above them lie those that it watches. */
export const WAITER_FD = {
  /** A signalfd for {@link WAITER_SIGNALS}, all of them blocked. */
  signals: 3,
  /** A timerfd of CLOCK_REALTIME, armed by turns. */
  timer: 4,
  /** The page. */
  page: 5,
  /** imp's executable, O_PATH: executed where imp's file is gone. */
  imp: 6,
  /** One of a few files whose flock(2) a waiter holds while it has a turn running: a few turns at a time on a machine. */
  turns: 7,
  /** The file of the daemon whose lock is held by whoever keeps it: kept_claim.ts. It is inherited, and nothing else is done with it. */
  kept: 8,
  /** The first one that is watched: a socket, an inotify descriptor, a pidfd. They are given when waiters are raised. */
  watched: 9,
  /** The first one that is held for the program and not looked at: its sockets, then its terminal. They too are given when waiters are raised. */
  held: 17,
} as const;

/** At most so many descriptors are watched besides the timer. */
export const MOST_WATCHED = 8;
/** At most so many are held. */
export const MOST_HELD = 17;

/** What can happen to a waiter, as an index into `raised` and `seen`. */
export const WAITER_EVENT = {
  /** A keeper begins, with its guard or, where no process could be forked, without: at the start, and when `pair` was wanted. */
  begin: 0,
  /** The program has ended: `ended` tells how. */
  ended: 1,
  /** Guard or keeper has ended without having been told to leave. */
  partner: 2,
  /** TERM, HUP or INT: `signal` tells which. */
  asked: 3,
  /** Somebody has changed settings or intent: USR1, or ALRM three seconds ago. */
  wake: 4,
  /** The timer is readable. */
  timer: 5,
  /** A watched descriptor is ready: `ready` has a bit for each, from the first one on. */
  watched: 6,
} as const;

export type WaiterEvent = keyof typeof WAITER_EVENT;

/** Byte offsets; every word is a 32-bit integer in the byte order of the machine, but for the records of ends. */
export const PAGE = {
  bytes: 4096,
  /** `IMPK` and the version of this layout. Waiters outlive the imp that raised them: a new version has to understand this one. */
  magic: 0,
  version: 4,
  /** Written by the waiters themselves. A keeper without a guard has 0 in `guard`. */
  guard: 8,
  keeper: 12,
  /** The program's main process, 0 when there is none. Written by turns; the waiter that has reaped it writes 0. */
  program: 16,
  /** The turn that runs, 0 when none does. */
  turn: 20,
  /** Not 0: the waiters are to exit. Written by a turn, believed when it has done its work; 0 again when the next one starts. */
  leave: 24,
  /** Not 0: a waiter that has no partner forks one and becomes its guard. As `leave`; for when no program runs. */
  pair: 28,
  /** Not 0: the turn has done its work. One that exits without that has failed, whatever its status: something else stands in imp's place. */
  done: 32,
  /** So many turns in a row have failed; the pause before the next one grows with it. */
  failures: 36,
  /** The wait status with which the last turn ended; -errno where it could not be forked. */
  turnStatus: 40,
  /** The signal that raised `asked`. */
  signal: 44,
  /** A bit for each watched descriptor that was ready; turns take them back. */
  ready: 48,
  /** How many entries of `polled` are looked at while no turn runs: two and those that are watched. */
  polledCount: 52,
  /**
   * Not 0: the first watched descriptor is a socket for sd_notify(3), and plain pings of `program` are taken by the waiter itself. It is
   * the descriptor of a timer that begins anew with each of them; -1 where there is none.
   */
  pings: 56,
  /** How many pings a waiter has taken. */
  pinged: 60,
  /** How often each event has come: written by waiters. {@link WAITER_EVENT}. */
  raised: 64,
  /** Up to which count a turn has handled it. */
  seen: 96,
  /** {@link END_RECORD} of `program`. */
  ended: 128,
  /** The same of the last child that was no turn, no waiter and not `program`. */
  other: 296,
  /** struct itimerspec: what the timer of `pings` is set to by a ping. */
  pingTimer: 464,
  /**
   * Structures pollfd of poll(2): the signalfd, the timer, then what is watched. One with descriptor -1 is not looked at; a waiter writes
   * that where poll(2) tells of an error or a hang-up and of nothing to read.
   */
  polled: 512,
  /** How many descriptors are held, from `WAITER_FD.held` on. Waiters hand on what they have; who starts them anew has to know. */
  held: 1016,
  /** Of turns alone: when the last probe of the daemon's health began, a double, in milliseconds since the machine was booted. */
  probedAt: 1008,
  /** Of turns alone: how many bytes of text one has left there for the next because they could not be written to the disk, and the text. */
  textLength: 1024,
  text: 1028,
} as const;

/** In `polled`: what of the timer is looked at, a short; POLLIN, or nothing while pings alone are taken. */
export const TIMER_EVENTS = PAGE.polled + 12;

/** How a process ended, as wait4(2) tells, and when it was reaped. */
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
