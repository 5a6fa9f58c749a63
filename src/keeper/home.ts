import {
  DEFAULT_OVERFLOWUID,
  GROUP_AND_OTHERS_WRITE,
  S_ISVTX,
  S_IWOTH,
} from "../libc/abi_files.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { readUidMap } from "../procfs/machine.ts";
import { permissions, statPath } from "../libc/descriptors/stat.ts";
import { callersVariable } from "../libc/processes/process_image.ts";
import { procShowsUs } from "../procfs/shows_us.ts";

/** Where one kept daemon has its records. */
export interface KeptPlace {
  /** Absolute, as all paths here. */
  readonly home: string;
  readonly name: string;
  readonly directory: string;
}

const HOME_HINT = "set IMP_HOME to a directory of your own";
const SYSTEM_HOME = "/var/lib/imp", SYSTEM_LOGS = "/var/log/imp";
/** The uid for users not mapped in a user namespace: kernel.overflowuid. */

/**
 * The directory of all of this user's kept daemons: `$IMP_HOME`, else /var/lib/imp for root, else
 * `$XDG_STATE_HOME/imp`, else ~/.local/state/imp. It does not depend on a session, which may end while daemons go on.
 * @throws ImpError if none of them is known
 */
export function keeperHome(): string {
  const given = callersVariable("IMP_HOME");
  if (given?.startsWith("/")) return given.replace(/\/+$/, "") || "/";
  if (given) throw unusable(`directory ${given}`, "IMP_HOME is not an absolute path");
  if (libc("geteuid").geteuid() === 0) return SYSTEM_HOME;
  const state = callersVariable("XDG_STATE_HOME");
  // A relative one must be ignored: XDG Base Directory Specification.
  if (state?.startsWith("/")) return `${state}/imp`;
  const home = callersVariable("HOME");
  if (home?.startsWith("/")) return `${home}/.local/state/imp`;
  throw new ImpError({
    action: "find",
    object: "a directory for kept daemons",
    why: "none of IMP_HOME, XDG_STATE_HOME and HOME is set",
    hint: HOME_HINT,
    exit: EXIT.failed,
  });
}

/** Where logs without an explicit place go. @param home that of {@link keeperHome} */
export function logDirectory(home: string): string {
  return home === SYSTEM_HOME ? SYSTEM_LOGS : `${home}/logs`;
}

/** @param name valid for isKeptName() */
export function keptPlace(home: string, name: string): KeptPlace {
  return { home, name, directory: `${home}/daemons/${name}` };
}

/** The directory of a kept daemon of this name, or of its first instance; undefined if none is known. */
export function keptDirectoryOf(name: string): string | undefined {
  let home: string;
  try {
    home = keeperHome();
  } catch {
    // A user without a place for kept daemons has none.
    return undefined;
  }
  return [name, `${name}@1`]
    .map((one) => keptPlace(home, one).directory)
    .find((one) => typeof statPath(`${one}/settings.json`, false) !== "string");
}

/** The place whose directory this is. */
export function placeOfDirectory(directory: string): KeptPlace {
  const parts = directory.split("/");
  return { home: parts.slice(0, -2).join("/"), name: parts[parts.length - 1], directory };
}

/** One of the few files whose locks limit the number of concurrent turns. */
export function turnSlot(home: string, number: number): string {
  return `${home}/turns/${number}`;
}

/** Where the waiters' code is, unless installed with imp. */
export function waiterDirectory(home: string): string {
  return `${home}/bin`;
}

/** Creates a daemon's directory and its parents. @throws ImpError, also if somebody else could change its content */
export function makeKeptPlace({ home, directory }: KeptPlace): void {
  makeOwnDirectory(home);
  makeOwnDirectory(`${home}/daemons`, true);
  makeOwnDirectory(directory, true);
}

/**
 * Creates a directory, 0700, with its parents, and checks that only this user can write to it, and it is no link.
 * @param parentIsOwn the directory above has been checked
 * @throws ImpError
 */
export function makeOwnDirectory(path: string, parentIsOwn = false): void {
  if (!parentIsOwn) {
    // Creates nothing where it would then be refused.
    refuseSteered(path);
    makeParents(path);
  }
  const code = scratch(() => libc("mkdir").mkdir(cString(path), 0o700) === 0 ? 0 : errno());
  if (code !== 0 && errnoName(code) !== "EEXIST") throw unmade(path, code);
  refuseUnlessOwn(path, parentIsOwn);
}

/**
 * Nobody else may be able to change the content of imp's directory, or to replace it.
 * @param parentIsOwn see {@link makeOwnDirectory}
 * @throws ImpError
 */
export function refuseUnlessOwn(path: string, parentIsOwn: boolean): void {
  const status = statPath(path, false);
  if (typeof status === "string") {
    throw systemError(status, "use", `directory ${path}`, { exit: EXIT.failed });
  }
  const what = `directory ${path}`;
  if (status.kind === "link") {
    throw unusable(what, "it is a symbolic link", "set IMP_HOME to the directory that it leads to");
  }
  if (status.kind !== "directory") throw unusable(path, "it is not a directory");
  if (status.uid !== libc("geteuid").geteuid()) {
    throw unusable(what, `it belongs to user ${status.uid}, who could exchange the files in it`);
  }
  if (status.mode & GROUP_AND_OTHERS_WRITE) {
    throw unusable(what, "others may write to it", `remove that permission: chmod go-w ${path}`);
  }
  if (!parentIsOwn) refuseSteered(path);
}

/**
 * Only their owner writes records: the user's keepers cannot read what root writes among them, and whoever owns the
 * directory, or may write to it, could mislead root into running anything. @throws ImpError
 */
export function refuseOthersHome(home: string): void {
  const status = statPath(home);
  const own = libc("geteuid").geteuid();
  if (typeof status === "string") return;
  if (status.uid === own) {
    for (const path of [home, `${home}/daemons`]) refuseOpen(path);
    return;
  }
  throw unusable(
    `directory ${home}`,
    `it belongs to user ${status.uid}, whose daemons these are`,
    own === 0 ? `act as that user: setpriv --reuid ${status.uid} …, or su` : HOME_HINT,
  );
}

/** {@link refuseOthersHome}, and the same for a daemon's directory, which may be missing. @throws ImpError */
export function refuseUnsafePlace({ home, directory }: KeptPlace): void {
  refuseOthersHome(home);
  if (!procShowsUs()) {
    throw unusable(
      `directory ${directory}`,
      "/proc shows another PID namespace, in which its PIDs are other processes",
      "mount one of this namespace: mount -t proc proc /proc, or unshare --mount-proc",
    );
  }
  const status = statPath(directory, false);
  if (typeof status === "string") return;
  if (status.kind !== "directory" || status.uid !== libc("geteuid").geteuid()) {
    refuseUnlessOwn(directory, true);
  }
  refuseOpen(directory);
}

/** Whether others than its owner can change its content. */
export function isOpenToOthers(directory: string): boolean {
  return ((permissions(directory) ?? 0) & GROUP_AND_OTHERS_WRITE) !== 0;
}

function refuseOpen(path: string): void {
  if (!isOpenToOthers(path)) return;
  throw unusable(
    `directory ${path}`,
    "others may write to it",
    `inspect its contents, and remove that permission: chmod go-w ${path}`,
  );
}

/** Whoever can rename a directory on the path can replace it. */
function refuseSteered(path: string): void {
  const own = [0, libc("geteuid").geteuid()];
  const parts = path.split("/").slice(1, -1);
  for (let i = 0; i <= parts.length; i++) {
    const at = `/${parts.slice(0, i).join("/")}`;
    for (const status of [statPath(at, false), statPath(at)]) {
      if (typeof status === "string") continue;
      if (!own.includes(status.uid) && !isUnmapped(status.uid)) {
        throw unusable(`directory ${path}`, `user ${status.uid} could exchange ${at}`);
      }
      const open = status.mode & S_IWOTH && !(status.mode & S_ISVTX);
      if (status.kind === "directory" && open) {
        throw unusable(`directory ${path}`, `everybody may rename what is in ${at}`);
      }
    }
  }
}

/** In a user namespace the machine's own directories have an unmapped owner. */
function isUnmapped(uid: number): boolean {
  if (uid !== DEFAULT_OVERFLOWUID) return false;
  const map = readUidMap();
  return map !== undefined && map.count < 0xffff_fffe;
}

function makeParents(path: string): void {
  let made = "";
  for (const part of path.split("/").slice(1, -1)) {
    made += `/${part}`;
    const status = statPath(made);
    if (typeof status !== "string" && status.kind === "directory") continue;
    const code = scratch(() => libc("mkdir").mkdir(cString(made), 0o700) === 0 ? 0 : errno());
    if (code !== 0 && errnoName(code) !== "EEXIST") throw unmade(made, code);
  }
}

function unmade(path: string, code: number): ImpError {
  const hint = ["ENOSPC", "EDQUOT"].includes(errnoName(code)) ? undefined : HOME_HINT;
  return systemError(code, "make directory", path, { hint, exit: EXIT.failed });
}

function unusable(object: string, why: string, hint = HOME_HINT): ImpError {
  return new ImpError({ action: "use", object, why, hint, exit: EXIT.failed });
}
