/**
 * The page of memory that a daemon's two waiters, guard and keeper, share with the imp that acts for them: a file in memory under
 * the same descriptor in all of them. Each word has one writer at a time, so nothing is locked: waiters raise events and tell of
 * ends, a turn of imp says how far it has seen them and what it wants.
 */

/** Descriptors in a waiter, and so in the turn that it starts. Above them lie those that it watches. */
export const WAITER_FD = {
  /** A signalfd for {@link WAITER_SIGNALS}, all of them blocked. */
  signals: 3,
  /** A timerfd, armed by turns. */
  timer: 4,
  /** The page. */
  page: 5,
  /** imp's executable, O_PATH: executed where imp's file is gone. */
  imp: 6,
  /** One of a few files whose flock(2) a waiter holds while it has a turn running: a few turns at a time on a machine. */
  turns: 7,
  /** The first one that is watched: a socket, an inotify descriptor, a pidfd. */
  watched: 8,
} as const;

/** At most so many descriptors are watched besides the timer. */
export const MOST_WATCHED = 8;

/** What can happen to a waiter, as an index into `raised` and `seen`. */
export const WAITER_EVENT = {
  /** It has begun: raised by whoever makes the page. */
  begin: 0,
  /** The program has ended: `ended` tells how. */
  ended: 1,
  /** Guard or keeper has ended without having been told to leave. */
  partner: 2,
  /** TERM, HUP or INT: `signal` tells which. */
  asked: 3,
  /** Somebody has changed settings or intent. */
  wake: 4,
  /** The timer is readable. */
  timer: 5,
  /** A watched descriptor is ready: `ready` has a bit for each, from the first one on. */
  watched: 6,
} as const;

/** Byte offsets; every word is a 32-bit integer in the byte order of the machine, but for the record of an end. */
export const PAGE = {
  bytes: 4096,
  /** `IMPK` and the version of this layout. */
  magic: 0,
  version: 4,
  /** Written by the waiters themselves. A keeper without a guard has 0 in `guard`. */
  guard: 8,
  keeper: 12,
  /** The program's main process, 0 when there is none. Written by turns. */
  program: 16,
  /** The turn that runs, 0 when none does. */
  turn: 20,
  /** Not 0: the waiters are to exit as soon as no turn runs. Written by turns, believed when the turn exits with 0. */
  leave: 24,
  /** Not 0: the waiter that has no partner forks one and becomes its guard. Written by turns; taken back by the waiter. */
  pair: 28,
  /** So many turns in a row have failed; the pause before the next one grows with it. */
  failures: 32,
  /** The wait status with which the last turn ended. */
  turnStatus: 36,
  /** The signal that raised `asked`. */
  signal: 40,
  /** A bit for each watched descriptor that was ready. */
  ready: 44,
  /** How many descriptors are watched; then their numbers, -1 for one that is not looked at. */
  watchedCount: 48,
  watched: 52,
  /** How often each event has come: written by the waiter. {@link WAITER_EVENT}. */
  raised: 96,
  /** Up to which count a turn has handled it. */
  seen: 128,
  /** The end of `program`: PID, wait status, then struct rusage (144 bytes on 64-bit machines) from `endedUsage` on. */
  endedPid: 160,
  endedStatus: 164,
  /** The end of the last other child that was no turn, in the same form. */
  otherPid: 168,
  otherStatus: 172,
  endedUsage: 176,
  /** struct timespec of CLOCK_REALTIME when `program` was reaped. */
  endedAt: 320,
} as const;
