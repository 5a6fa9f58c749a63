import { splitPath } from "../base/split_path.ts";
import { S_IWOTH } from "../libc/abi_files.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { ELOOP, ENOENT, ENOTDIR, ENXIO, O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import { errno } from "../libc/calling/errno.ts";
import { closeFile, moveUp, tryOpen } from "../libc/descriptors/files.ts";
import type { ChildStep } from "../libc/processes/child_program.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { type FileStatus, statAt, statFd } from "../libc/descriptors/stat.ts";
import { bootId } from "../procfs/boot.ts";
import { pidfileFailure, pidfileRefusal, stillRunning } from "./pidfile_errors.ts";
import { isAt, orClose, type PidfilePlace, readHead } from "./lock_file.ts";
import {
  beginNote,
  judgeNoted,
  judgeProcess,
  type PidfileLock,
  releaseLock,
  shown,
  takeLock,
  withdrawNote,
} from "./pidfile_lock.ts";
import { dropSidecar, readSidecar, refuseIfHeld } from "./pidfile_previous.ts";
import type { Prepared } from "./plan.ts";
import type { OpenFor } from "./redirect.ts";
import { type Identity, judgeUnlocked, parsePid, type PidfileState } from "./pidfile_state.ts";

const c = libc("unlinkat", "geteuid");

/** A pidfile locked by this process. The lock is passed on to the daemon, which writes the file itself. */
export interface ClaimedPidfile extends PidfilePlace {
  /** The locked descriptor. */
  readonly lock: PidfileLock;
  /** What the daemon does before it becomes the program. Another child can repeat it. */
  readonly record: readonly ChildStep[];
  /** The previous file, open. */
  readonly before?: number;
  /** What an earlier version of imp kept beside it. */
  readonly sidecar?: Identity;
}

/** How many bytes of a pidfile are read; a longer file is not a pidfile. */
const PIDFILE_BYTES = 256;

/** A pidfile's name until it is complete. */
const workingName = (name: string) => `.${name}.imp-new`;

/**
 * Claims the pidfile for a daemon about to start: locks it and checks whether its content still holds. The file is
 * unchanged until the daemon writes its PID; from now on any other start fails.
 * @param prepared the daemon's user, and how to open files for that user
 * @param check called while waiting for another start; throws to end the wait
 * @throws ImpError: exit 1 if the daemon is already running, 125 if the file cannot be used
 */
export function claimPidfile(
  path: string,
  { owner, openFor }: Pick<Prepared, "owner" | "openFor"> = {},
  check: () => void = () => {},
): ClaimedPidfile {
  const { folder, name } = split(path);
  const directory = openFor ? openDirectoryFor(openFor, folder, path) : openDirectory(folder, path);
  return orClose([directory], () => {
    const place = { path, name, directory, owner: owner?.uid, check };
    const lock = takeLock(place);
    try {
      return takeOver(place, lock);
    } catch (error) {
      releaseLock(lock, place);
      throw error;
    }
  });
}

/** The daemon runs: what an earlier version of imp left beside the file is no longer needed. */
export function settlePidfile(claimed: ClaimedPidfile): void {
  if (claimed.sidecar) dropSidecar(claimed);
}

/** Removes what a failed start has made. Safe because the lock is still held here. */
export function abandonPidfile(claimed: ClaimedPidfile): void {
  const { directory, name, before, lock } = claimed;
  scratch(() => c.unlinkat(directory, cString(workingName(name)), 0));
  // A different file than before is the one that the daemon wrote.
  if (before === undefined || !isAt(directory, name, before)) {
    scratch(() => c.unlinkat(directory, cString(name), 0));
  }
  withdrawNote(lock);
  releaseLock(lock, claimed);
  for (const fd of [before, directory]) if (fd !== undefined) closeFile(fd);
}

function takeOver(place: PidfilePlace, lock: PidfileLock): ClaimedPidfile {
  const { path, name, directory } = place;
  const noted = judgeNoted(lock.note);
  if (noted.is === "running") throw stillRunning(path, noted);
  const sidecar = readSidecar(place);
  const earlier = sidecar && judgeProcess(sidecar);
  if (earlier?.is === "running") throw stillRunning(path, earlier, true);
  const before = openBefore(place);
  return orClose(before === undefined ? [] : [before], () => {
    if (before !== undefined) takeOverFile(place, before, lock, sidecar);
    removeWorkingFile(place);
    const at = beginNote(lock, place);
    const record: ChildStep[] = [
      { do: "own-stat", to: lock.writer, at },
      { do: "own-pid", directory, working: workingName(name), name },
    ];
    return { ...place, lock, record, before, sidecar };
  });
}

/** @throws ImpError unless the file is stale */
function takeOverFile(
  place: PidfilePlace,
  before: number,
  { note }: PidfileLock,
  sidecar: Identity | undefined,
): void {
  const { path } = place;
  const text = readHead(before, PIDFILE_BYTES);
  const pid = parsePid(text);
  const noted = note.is === "imp's" && note.identity?.pid === pid ? note.identity : undefined;
  const kept = noted ?? (sidecar?.pid === pid ? sidecar : undefined);
  const state = examine(text, before, kept);
  if (state.is === "foreign") {
    throw pidfileRefusal(path, "it exists and does not contain a PID");
  }
  if (state.is === "running") throw stillRunning(path, state);
  if (!noted) refuseIfHeld(place, before, state.because);
}

/** What the file stands for, not considering locks. */
function examine(text: string, fd: number, kept: Identity | undefined): PidfileState {
  const pid = parsePid(text);
  const process = pid === undefined ? undefined : shown(pid);
  return judgeUnlocked({ text, modified: statFd(fd).modified, kept, process, bootId: bootId() });
}

function split(path: string): { folder: string; name: string } {
  const [folder, name] = splitPath(path);
  if (name === "" || name === "." || name === "..") {
    throw pidfileRefusal(path, "it names no file");
  }
  return { folder, name };
}

function openDirectory(folder: string, path: string): number {
  const fd = tryOpen(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) {
    const missing = [ENOENT, ENOTDIR].includes(-fd);
    throw pidfileFailure("open the directory of", path, -fd, {
      hint: missing ? `'${folder}' must be a directory that exists` : undefined,
    });
  }
  return refuseUnlessSafe(moveUp(fd, FLOOR.daemon), path);
}

function openDirectoryFor(openFor: OpenFor, folder: string, path: string): number {
  const { fd, directory } = openFor(folder, "writable directory");
  closeFile(directory);
  return refuseUnlessSafe(moveUp(fd, FLOOR.daemon), path);
}

function refuseUnlessSafe(directory: number, path: string): number {
  if ((statFd(directory).mode & S_IWOTH) === 0) return directory;
  closeFile(directory);
  throw pidfileRefusal(
    path,
    "its directory is world-writable, so anybody could replace the file",
    { hint: "use a directory of your own, /run as root, or -n NAME without IMP_HOME" },
  );
}

/** The existing file; follows no link, does not block on a FIFO. */
function openBefore({ directory, name, path }: PidfilePlace): number | undefined {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const fd = tryOpen(name, flags, 0, directory);
  if (fd === -ENOENT) return undefined;
  if (fd === -ELOOP) throw pidfileRefusal(path, "it is a symbolic link");
  // A socket cannot be opened.
  const status = fd === -ENXIO ? statAt(directory, name) : "";
  if (typeof status !== "string") refuseUnlessPlain(status, path);
  if (fd < 0) throw pidfileFailure("open", path, -fd);
  return orClose([fd], () => {
    refuseUnlessPlain(statFd(fd), path);
    return moveUp(fd, FLOOR.daemon);
  });
}

function refuseUnlessPlain({ kind, links }: FileStatus, path: string): void {
  if (kind !== "file") throw pidfileRefusal(path, `it is not a regular file (${kind})`);
  if (links > 1) throw pidfileRefusal(path, "it has several names (hard links)");
}

/** Remains of a daemon that was killed while writing its PID. */
function removeWorkingFile(place: PidfilePlace): void {
  const { directory, path, name, owner } = place;
  const working = workingName(name);
  const status = statAt(directory, working);
  if (status === "ENOENT") return;
  const fd = tryOpen(working, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, directory);
  const text = fd < 0 ? undefined : readHead(fd, PIDFILE_BYTES);
  if (fd >= 0) closeFile(fd);
  const ours = typeof status !== "string" && status.kind === "file" &&
    (status.uid === c.geteuid() || status.uid === owner);
  if (!ours || text === undefined || !/^\d*\n?$/.test(text)) {
    throw pidfileRefusal(
      path,
      `the name '${working}', which it has until it is complete, is taken`,
      {
        hint:
          "a file that imp has not made for this user is left alone; move it away, or use another pidfile",
      },
    );
  }
  if (scratch(() => c.unlinkat(directory, cString(working), 0)) !== 0) {
    throw pidfileFailure("prepare", path, errno());
  }
}
