import { SIGCHLD } from "../abi.ts";

/**
 * The descriptor numbers that imp reserves, in one table. imp moves its own descriptors (`moveUp`) to the lowest free
 * number from a floor on, out of the way of numbers that the caller may have closed and a program is to get, and of
 * numbers that something is copied to later.
 */
export const FLOOR: Readonly<Record<"standard" | "job" | "scene" | "process" | "daemon", number>> =
  {
    /** Above 0-2, which the caller may have closed. */
    standard: 3,
    /** Above the numbers that a shell uses itself, 10 to 19, and {@link WAKEUP_FD}: jobs, helpers, probes, guards. */
    job: 20,
    /** Above what processes in a lab scene get. */
    scene: 30,
    /** Above what a process of the library gets for its arguments, from 3 on. */
    process: 64,
    /** Above what --keep-fd may pass to a daemon. */
    daemon: 100,
  };

/** The eventfd by which SIGCHLD wakes whoever waits for children: its handler gets the signal's number as argument. */
export const WAKEUP_FD = SIGCHLD;

/**
 * In a process of the library: its request, a file in memory; a socket that closes when the process ends; the leash of
 * a daemonic process; then the descriptors of its arguments, from the last number on.
 */
export const REQUEST_FD = 3, LIFELINE_FD = 4, LEASH_FD = 5, FIRST_ARGUMENT_FD = 6;
