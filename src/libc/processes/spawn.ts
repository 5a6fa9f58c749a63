import {
  EBADF,
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  O_RDWR,
  POSIX_SPAWN_SETPGROUP,
  POSIX_SPAWN_SETSID,
  POSIX_SPAWN_SETSIGDEF,
  POSIX_SPAWN_SETSIGMASK,
  RLIMIT_NOFILE,
} from "../abi.ts";
import { POSIX_SPAWN_ACTIONS_BYTES, POSIX_SPAWNATTR_BYTES } from "../structs.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, cStrings, scratch } from "../calling/memory.ts";
import { type Limit, underLimit } from "../users/limits.ts";
import { signalSet } from "./signals.ts";

const c = libc(
  "posix_spawn",
  "posix_spawnattr_init",
  "posix_spawnattr_setflags",
  "posix_spawnattr_setpgroup",
  "posix_spawnattr_setsigdefault",
  "posix_spawnattr_setsigmask",
  "posix_spawn_file_actions_init",
  "posix_spawn_file_actions_destroy",
  "posix_spawn_file_actions_adddup2",
  "posix_spawn_file_actions_addclose",
  "posix_spawn_file_actions_addopen",
  "fcntl",
);

/** Bytes that C gets as they are: text is encoded as UTF-8. */
export type Bytes = string | Uint8Array;

/** A program to start. */
export interface SpawnRequest {
  /** The file to execute; PATH is not searched. */
  readonly path: Bytes;
  readonly argv: readonly Bytes[];
  /** Words `K=V`. */
  readonly env: readonly Bytes[];
  /** Start a session and lead it. */
  readonly newSession?: boolean;
  /** The process group to join; 0 makes a new one. */
  readonly group?: number;
  /** Descriptor of the controlling terminal whose foreground group the new group becomes, if libc can do that. */
  readonly foregroundOf?: number;
  /** A terminal opened as descriptor 0: with `newSession` it becomes the controlling terminal. */
  readonly terminal?: string;
  /**
   * Descriptors of the new program, as [from, to]. A pair of equal numbers keeps that descriptor open. No `from` may be
   * the `to` of an earlier pair. All other descriptors of imp are close-on-exec.
   */
  readonly descriptors?: readonly (readonly [from: number, to: number])[];
  /** Descriptors to close in it. */
  readonly close?: readonly number[];
  /** Signals blocked from its first instruction on; none by default. */
  readonly blocked?: readonly number[];
  /** Its limit on open files, if imp has raised its own. */
  readonly openFiles?: Limit;
  /** Signals that stay ignored; all others get their default disposition. */
  readonly keepIgnored?: readonly number[];
}

/**
 * Starts a program. By default its signal mask is empty and its dispositions are the default ones, whatever the runtime
 * or imp's caller ignored. When this returns a PID, exec has succeeded: posix_spawn(3) of glibc and musl waits for it.
 * @returns the PID, or -errno
 * @throws RangeError if the descriptor pairs conflict
 */
export function spawn(request: SpawnRequest): number {
  return scratch(() => {
    const pid = allocate(4);
    const actions = allocate(POSIX_SPAWN_ACTIONS_BYTES).address;
    c.posix_spawn_file_actions_init(actions);
    const beyond: number[] = [];
    const start = () =>
      c.posix_spawn(
        pid.address,
        cString(request.path),
        actions,
        attributes(request),
        cStrings(request.argv),
        cStrings(request.env),
      );
    // libc accepts only numbers below the limit in actions: imp lowers the limit just for the start.
    const code = addFileActions(actions, request, beyond) ||
      (request.openFiles ? underLimit(RLIMIT_NOFILE, request.openFiles, start) : start());
    for (const fd of beyond) c.fcntl(fd, F_SETFD, FD_CLOEXEC);
    c.posix_spawn_file_actions_destroy(actions);
    return code === 0 ? pid.view.getInt32(0, true) : -code;
  });
}

function attributes({ newSession, group, blocked = [], keepIgnored = [] }: SpawnRequest): number {
  const { address } = allocate(POSIX_SPAWNATTR_BYTES);
  c.posix_spawnattr_init(address);
  const reset = signalSet("all");
  for (const n of keepIgnored) reset.bytes[(n - 1) >> 3] &= ~(1 << ((n - 1) & 7));
  c.posix_spawnattr_setsigdefault(address, reset.address);
  c.posix_spawnattr_setsigmask(address, signalSet(blocked).address);
  if (group !== undefined) c.posix_spawnattr_setpgroup(address, group);
  const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
    (newSession ? POSIX_SPAWN_SETSID : 0) |
    (group === undefined ? 0 : POSIX_SPAWN_SETPGROUP);
  c.posix_spawnattr_setflags(address, flags);
  return address;
}

/**
 * @param beyond receives the descriptors to be made close-on-exec again once the program has started
 * @returns 0, or the errno of the first action that libc refuses: EBADF for a number that cannot be open, ENOMEM
 */
function addFileActions(
  actions: number,
  { terminal, foregroundOf, descriptors = [], close = [] }: SpawnRequest,
  beyond: number[],
): number {
  if (foregroundOf !== undefined) addForeground(actions, foregroundOf);
  let code = terminal
    ? c.posix_spawn_file_actions_addopen(actions, 0, cString(terminal), O_RDWR, 0)
    : 0;
  const placed = new Set<number>();
  for (const [from, to] of descriptors) {
    if (from !== to && placed.has(from)) {
      throw new RangeError(`descriptor ${from} is replaced before it is passed`);
    }
    placed.add(to);
    if (code !== 0) return code;
    code = c.posix_spawn_file_actions_adddup2(actions, from, to);
    if (code === EBADF && from === to && passOn(from, beyond)) code = 0;
  }
  for (const fd of close) code ||= c.posix_spawn_file_actions_addclose(actions, fd);
  return code;
}

/**
 * Lets exec pass on a descriptor beyond the limit, opened before it was lowered: libc refuses such numbers.
 * @returns false when it is not open
 */
function passOn(fd: number, beyond: number[]): boolean {
  const flags = c.fcntl(fd, F_GETFD, 0);
  if (flags < 0) return false;
  c.fcntl(fd, F_SETFD, 0);
  if (flags & FD_CLOEXEC) beyond.push(fd);
  return true;
}

/**
 * Makes the new process' group the foreground one of a terminal. musl and older glibc lack it: there the caller does so
 * itself, a moment later.
 */
export function addForeground(actions: number, terminal: number): void {
  try {
    libc("posix_spawn_file_actions_addtcsetpgrp_np")
      .posix_spawn_file_actions_addtcsetpgrp_np(actions, terminal);
  } catch {
    // Not in this libc.
  }
}
