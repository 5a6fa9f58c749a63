import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { actAs, type Credentials } from "./credentials.ts";
import { errnoNumber, systemError } from "./errno.ts";
import {
  closeFile,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  readLink,
  tryOpen,
} from "./files.ts";
import { libc } from "./load.ts";
import { cString, scratch } from "./memory.ts";
import { isProcfs, readLinkOf } from "./path_descriptors.ts";
import { type FileStatus, statAt, statFd } from "./stat.ts";
import {
  entryOf,
  isName,
  judge,
  namesIn,
  type Place,
  placeOf,
  type Rights,
  rightsIn,
  type Verdict,
  whyRefused,
} from "./trusted_path.ts";

const c = libc("unlinkat", "fchown");

/** What a path is opened for; `directory` gives a descriptor that only names it (O_PATH). */
export type Purpose = "input" | "output" | "directory";

/** A file that root has opened for a user. The receiver closes both descriptors. */
export interface OpenedForUser {
  /** Non-blocking, so that no FIFO holds imp up; O_APPEND for output. Close-on-exec. */
  readonly fd: number;
  /** The directory that it stands in (O_PATH), and its name there; for a directory itself and `.`. */
  readonly directory: number;
  readonly name: string;
  /** It was not there before, and belongs to the user. */
  readonly made: boolean;
  /** Whose rights found and opened it, and have to be used for what is done to its name. */
  readonly rights: Rights;
}

const ENOENT = 2, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ELOOP = 40, EILSEQ = 84;
/** As many links as the kernel follows in one path. */
const MOST_LINKS = 40;
/** Somebody may put other things at a name as fast as they are looked at. */
const MOST_TRIES = 200;
const FLAGS = {
  input: O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY,
  output: O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY,
};

interface Walk {
  readonly path: string;
  readonly purpose: Purpose;
  readonly user: Credentials;
  /** The open directory that the next name is looked up in. */
  directory: number;
  status: FileStatus;
  rights: Rights;
  /** Those that found the directory; in it, others may count. */
  foundBy: Rights;
  place: Place;
  names: string[];
  links: number;
  tries: number;
  /** The directory from which on the user's rights are used. */
  steered?: string;
}

/**
 * Opens an absolute path as root for a user so that the user gets nothing by it that the user had not: directories that only
 * root writes to are walked as root, and links of root in them followed; from the first component on that others can
 * steer everything is looked up, opened and made with the user's rights. Component by component, each by the descriptor of the
 * one before: what is judged is what is opened, whoever renames meanwhile. trusted_path.ts has the rule.
 * @throws ImpError, exit 125
 */
export function openForUser(path: string, purpose: Purpose, user: Credentials): OpenedForUser {
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
  try {
    arrive(walk);
    return goOn(walk);
  } catch (error) {
    closeFile(walk.directory);
    throw error;
  }
}

/** Takes away what {@link openForUser} has made, if it still stands there. @returns whether it was removed */
export function removeMade(opened: OpenedForUser, user: Credentials): boolean {
  const { fd, directory, name, rights } = opened;
  const there = statAt(directory, name);
  const here = statFd(fd);
  if (typeof there === "string" || there.inode !== here.inode || there.device !== here.device) {
    return false;
  }
  const remove = () => scratch(() => c.unlinkat(directory, cString(name), 0)) === 0;
  return rights === "root" ? remove() : actAs(user, remove);
}

function goOn(walk: Walk): OpenedForUser {
  for (;;) {
    if (walk.names.length === 0) return asDirectory(walk);
    const opened = walk.names.length === 1 && walk.purpose !== "directory" && isName(walk.names[0])
      ? openLast(walk, walk.names[0], walk.purpose)
      : enterNext(walk, walk.names[0]);
    if (opened) return opened;
  }
}

function asDirectory(walk: Walk): OpenedForUser {
  if (walk.purpose !== "directory") throw failed(walk, EISDIR);
  const { directory, foundBy } = walk;
  const fd = tryOpen(".", O_PATH | O_DIRECTORY, 0, directory);
  // Whose rights decide is settled: this only makes a second descriptor.
  if (fd < 0) throw failed(walk, -fd);
  return { fd, directory, name: ".", made: false, rights: foundBy };
}

/** Goes into a directory, or puts the names of a link's target before the others. */
function enterNext(walk: Walk, name: string): undefined {
  // With O_DIRECTORY an automounter mounts.
  const fd = look(walk, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (fd === -ENOTDIR || fd === -ELOOP) return followLink(walk, name);
  if (fd < 0) throw failed(walk, -fd);
  return orClose(fd, () => {
    const verdict = isName(name) ? judgeAt(walk, statFd(fd)) : walk.rights;
    if (verdict === "user" && walk.rights === "root") {
      closeFile(fd);
      return becomeUser(walk);
    }
    walk.names.shift();
    enter(walk, fd);
  });
}

function followLink(walk: Walk, name: string): undefined {
  const fd = look(walk, name, O_PATH | O_NOFOLLOW);
  if (fd < 0) throw failed(walk, -fd);
  try {
    const status = statFd(fd);
    if (status.kind === "directory") return again(walk);
    if (status.kind !== "link") throw failed(walk, ENOTDIR);
    const verdict = judgeAt(walk, status);
    if (verdict === "user" && walk.rights === "root") return becomeUser(walk);
    if (++walk.links > MOST_LINKS) throw failed(walk, ELOOP);
    if (verdict === "kernel") return enterByKernel(walk, name);
    const target = targetOf(fd, walk);
    walk.names.splice(0, 1, ...namesIn(target));
    if (target.startsWith("/")) enter(walk, must(walk, tryOpen("/", O_PATH | O_DIRECTORY)));
  } finally {
    closeFile(fd);
  }
}

function enterByKernel(walk: Walk, name: string): undefined {
  const fd = must(walk, look(walk, name, O_PATH | O_DIRECTORY));
  walk.names.shift();
  enter(walk, fd);
}

/** @returns undefined when it was a link, or when the rights have changed: then the walk goes on */
function openLast(
  walk: Walk,
  name: string,
  purpose: "input" | "output",
): OpenedForUser | undefined {
  const seen = as(walk, () => statAt(walk.directory, name));
  if (typeof seen === "string" && seen !== "ENOENT") throw failed(walk, errnoNumber(seen));
  const status = typeof seen === "string" ? undefined : seen;
  const verdict = judgeAt(walk, status);
  if (verdict === "user" && walk.rights === "root") return becomeUser(walk);
  if (status?.kind === "link" && verdict !== "kernel") return followLink(walk, name);
  const make = status === undefined && purpose === "output";
  const flags = FLAGS[purpose] | (make ? O_CREAT | O_EXCL : 0);
  const fd = look(walk, name, verdict === "kernel" ? flags & ~O_NOFOLLOW : flags);
  // It has become another since it was looked at.
  if (make ? fd === -EEXIST : status && (fd === -ELOOP || fd === -ENOENT)) return again(walk);
  if (fd < 0) throw failed(walk, -fd);
  const { directory, rights } = walk;
  return orClose(fd, () => {
    const opened = statFd(fd);
    // What was opened counts, not what was looked at.
    if (verdict !== "kernel") judgeAt(walk, opened);
    if (opened.kind === "directory") throw failed(walk, EISDIR);
    // By descriptor: the name may point elsewhere by now. Not every file system has owners.
    if (make && rights === "root") c.fchown(fd, walk.user.uid, walk.user.gid);
    return { fd, directory, name, made: make, rights };
  });
}

function orClose<T>(fd: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

function look(walk: Walk, name: string, flags: number): number {
  return as(walk, () => tryOpen(name, flags, 0o666, walk.directory));
}

function as<T>({ rights, user }: Walk, work: () => T): T {
  return rights === "root" ? work() : actAs(user, work);
}

function enter(walk: Walk, directory: number): void {
  closeFile(walk.directory);
  walk.directory = directory;
  walk.foundBy = walk.rights;
  walk.status = statFd(directory);
  arrive(walk);
}

/** The directory itself may be one that others steer: then nothing is looked up in it as root. */
function arrive(walk: Walk): void {
  const { directory, status } = walk;
  walk.place = placeOf(status, walk.rights, isProcfs(directory));
  if (walk.rights === "root" && rightsIn(walk.place) === "user") becomeUser(walk);
}

function becomeUser(walk: Walk): undefined {
  walk.rights = "user";
  walk.steered = readLink(`/proc/self/fd/${walk.directory}`) ?? "a directory";
  walk.place = placeOf(walk.status, "user", isProcfs(walk.directory));
}

function judgeAt(walk: Walk, status: FileStatus | undefined): Verdict {
  const entry = entryOf(status, walk.status, walk.user.uid);
  const verdict = judge(walk.place, entry, walk.purpose === "output");
  if (verdict !== "refuse") return verdict;
  throw failed(walk, errnoNumber("EACCES"), whyRefused(walk.place, entry));
}

function again(walk: Walk): undefined {
  if (++walk.tries > MOST_TRIES) {
    throw failed(walk, errnoNumber("EAGAIN"), "what stands there changes all the time");
  }
}

function must(walk: Walk, fd: number): number {
  if (fd < 0) throw failed(walk, -fd);
  return fd;
}

/** Its own bytes: the descriptor is that of the link. */
function targetOf(link: number, walk: Walk): string {
  const target = readLinkOf(link);
  if (typeof target === "number") throw failed(walk, -target);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(target);
  } catch {
    throw failed(walk, EILSEQ, "a symbolic link on the way leads to a name that is no UTF-8");
  }
}

function failed(
  { path, purpose, rights, user, steered }: Walk,
  code: number,
  why?: string,
): ImpError {
  const action = purpose === "directory" ? "enter" : "open";
  const asUser =
    `others than root can change names in ${steered}, so imp used the rights of user ${user.uid}`;
  return systemError(code, action, path, {
    ...why === undefined ? {} : { why },
    hint: rights === "user" ? asUser : undefined,
    exit: EXIT.failed,
  });
}
