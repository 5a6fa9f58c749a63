import { SIGCHLD } from "../abi.ts";

/**
 * The descriptor numbers that imp reserves: the one table. A descriptor of imp's own is moved up (`moveUp`) to the lowest
 * free number from a floor on, so that it stands in nobody's place: neither in that of one which the caller may have closed
 * and a program is to get, nor in that of one which is copied later under a fixed number.
 */
export const FLOOR: Readonly<Record<"standard" | "job" | "scene" | "process" | "daemon", number>> =
  {
    /** Above 0-2, which the caller may have closed. */
    standard: 3,
    /** Above the numbers that a shell gives its own, 10 to 19, and {@link WAKEUP_FD}: jobs, helpers, probes, guards. */
    job: 20,
    /** Above what the processes of a scene of the lab are given. */
    scene: 30,
    /** Above what a process of the library is given for its arguments, from 3 on. */
    process: 64,
    /** Above what a daemon may be given by --keep-fd. */
    daemon: 100,
  };

/** The eventfd by which SIGCHLD wakes up whoever waits for ended children: its handler is called with the signal's number. */
export const WAKEUP_FD = SIGCHLD;

/**
 * In a process of the library: what it is to do, a file in memory; a socket that closes when the process ends; the leash of a
 * daemonic process; and the descriptors of its arguments, from the last number on.
 */
export const REQUEST_FD = 3, LIFELINE_FD = 4, LEASH_FD = 5, FIRST_ARGUMENT_FD = 6;
