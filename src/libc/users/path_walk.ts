import { PATH_MAX } from "../abi_files.ts";
import { O_PATH, PROC_SUPER_MAGIC } from "../abi.ts";
import { O_DIRECTORY } from "../machine.ts";
import type { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { actAs, type Credentials } from "./credentials.ts";
import { errno, errnoName, errnoNumber, systemError } from "../calling/errno.ts";
import { closeFile, readLink, tryOpen } from "../descriptors/files.ts";
import { type FileStatus, hintOfNoDevice, statAt, statFd } from "../descriptors/stat.ts";
import {
  entryOf,
  judge,
  namesIn,
  type Place,
  placeOf,
  type Rights,
  rightsIn,
  type Verdict,
  whyRefused,
} from "./trusted_path.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, scratch } from "../calling/memory.ts";

/**
 * What a path is opened for. Both directory purposes give a descriptor that only names one (O_PATH). Root will create
 * files in a `writable directory`, so if the user can change the way there, the user must be allowed to create them.
 */
export type Purpose = "input" | "output" | "directory" | "writable directory";

/** The state of a walk along a path. */
export interface Walk {
  readonly path: string;
  readonly purpose: Purpose;
  readonly user: Credentials;
  /** The open directory in which the next name is looked up. */
  directory: number;
  status: FileStatus;
  rights: Rights;
  /** Whose rights found the directory; different ones may apply in it. */
  foundBy: Rights;
  place: Place;
  names: string[];
  links: number;
  tries: number;
  /** Why the user's rights are used. */
  steered?: string;
}

/** Somebody may replace what a name stands for as fast as it is looked at. */
const MOST_TRIES = 200;

const ACTIONS: Record<Purpose, string> = {
  "input": "open",
  "output": "open",
  "directory": "enter",
  "writable directory": "make files in",
};

/** Starts at the root directory, as root. */
export function beginWalk(path: string, purpose: Purpose, user: Credentials): Walk {
  const root = tryOpen("/", O_PATH | O_DIRECTORY);
  if (root < 0) throw systemError(-root, "open", "/", { exit: EXIT.failed });
  const walk: Walk = {
    path,
    purpose,
    user,
    directory: root,
    status: statFd(root),
    rights: "root",
    foundBy: "root",
    place: "root's",
    names: namesIn(path),
    links: 0,
    tries: 0,
  };
  arrive(walk);
  return walk;
}

/** Opens a name in the walk's directory with its current rights. @returns -errno on failure */
export function look(walk: Walk, name: string, flags: number): number {
  return as(walk, () => tryOpen(name, flags, 0o666, walk.directory));
}

export function as<T>({ rights, user }: Walk, work: () => T): T {
  return rights === "root" ? work() : actAs(user, work);
}

/** Enters an open directory, which the walk then owns. */
export function descendInto(walk: Walk, directory: number): void {
  closeFile(walk.directory);
  walk.directory = directory;
  walk.foundBy = walk.rights;
  walk.status = statFd(directory);
  arrive(walk);
}

/** Others may be able to change the directory itself: then nothing is looked up in it as root. */
function arrive(walk: Walk): void {
  const { directory, status } = walk;
  walk.place = placeOf(status, walk.rights, isProcfs(directory));
  if (walk.rights === "root" && rightsIn(walk.place) === "user") becomeUser(walk);
}

/**
 * From here on the user's rights apply. @param because of a link in a directory that is root's alone, or of the
 * directory
 */
export function becomeUser(walk: Walk, because: "directory" | "link" = "directory"): undefined {
  const directory = readLink(`/proc/self/fd/${walk.directory}`) ?? "the directory";
  walk.rights = "user";
  walk.steered = because === "link" && walk.place === "root's"
    ? `a symbolic link in ${directory} belongs to another user`
    : `others than root can change names in ${directory}`;
  walk.place = placeOf(walk.status, "user", isProcfs(walk.directory));
}

/** Applies the rule to what a name stands for. @throws ImpError when it refuses */
export function judgeAt(walk: Walk, status: FileStatus | undefined): Verdict {
  const entry = entryOf(status, walk.status, walk.user.uid);
  const verdict = judge(walk.place, entry, walk.purpose === "output");
  if (verdict !== "refuse") return verdict;
  throw failed(walk, errnoNumber("EACCES"), whyRefused(walk.place, entry));
}

/** Tries the same name again. @throws ImpError (EAGAIN) after too many tries */
export function again(walk: Walk): undefined {
  if (++walk.tries > MOST_TRIES) {
    throw failed(walk, errnoNumber("EAGAIN"), "it changes all the time");
  }
}

export function must(walk: Walk, fd: number): number {
  if (fd < 0) throw failed(walk, -fd);
  return fd;
}

/** The walk's error; one about rights says why the user's applied. */
export function failed(walk: Walk, code: number, why?: string): ImpError {
  return systemError(code, ACTIONS[walk.purpose], walk.path, {
    ...why === undefined ? {} : { why },
    hint: hintFor(walk, errnoName(code)),
    exit: EXIT.failed,
  });
}

function hintFor(walk: Walk, name: string): string | undefined {
  const { rights, steered, user } = walk;
  if (name === "ENXIO") {
    return hintOfNoDevice(as(walk, () => statAt(walk.directory, walk.names[0] ?? ".")));
  }
  if (rights === "root" || !["EACCES", "EPERM"].includes(name)) return undefined;
  return `${steered}, so imp used the rights of user ${user.uid}`;
}

const c = libc("readlinkat", "fstatfs");

/** The target of a symbolic link that was opened itself (O_PATH, O_NOFOLLOW). @returns its bytes, or -errno */
export function readLinkOf(fd: number): Uint8Array | number {
  return scratch(() => {
    const { address, bytes } = allocate(PATH_MAX);
    const n = c.readlinkat(fd, cString(""), address, bytes.length);
    return n < 0 ? -errno() : bytes.slice(0, n);
  });
}

/** Whether an open descriptor is in a procfs; fstatfs(2). */
function isProcfs(fd: number): boolean {
  return scratch(() => {
    // struct statfs begins with f_type, a long.
    const block = allocate(256);
    return c.fstatfs(fd, block.address) === 0 && block.view.getUint32(0, true) === PROC_SUPER_MAGIC;
  });
}
