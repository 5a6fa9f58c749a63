import { textFromBytes } from "../../base/byte_text.ts";
import {
  AT_EACCESS,
  EEXIST,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  W_OK,
  X_OK,
} from "../abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../machine.ts";
import type { Credentials } from "./credentials.ts";
import { errno, errnoNumber } from "../calling/errno.ts";
import { closeFile, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { cString, scratch } from "../calling/memory.ts";
import {
  again,
  as,
  becomeUser,
  beginWalk,
  descendInto,
  failed,
  judgeAt,
  look,
  must,
  type Purpose,
  readLinkOf,
  type Walk,
} from "./path_walk.ts";
import { statAt, statFd } from "../descriptors/stat.ts";
import { isName, namesIn, type Rights } from "./trusted_path.ts";

const c = libc("faccessat", "fchown");

/** A file that root opened for a user. The receiver closes both descriptors. */
export interface OpenedForUser {
  /** Non-blocking, so that a FIFO does not block imp; O_APPEND for output. Close-on-exec. */
  readonly fd: number;
  /** Its directory (O_PATH) and its name in there; for a directory, itself and `.`. */
  readonly directory: number;
  readonly name: string;
  /** It did not exist before, and belongs to the user. */
  readonly made: boolean;
  /** Whose rights found and opened it; use them for operations on its name. */
  readonly rights: Rights;
}

/** As many links as the kernel follows in one path. */
const MOST_LINKS = 40;
const FLAGS = {
  input: O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY,
  output: O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY,
};

/**
 * Opens an absolute path as root on behalf of a user, so that the user gains no access by it. Directories that only
 * root writes to are walked as root, following root's links; from the first component that others can change,
 * everything is looked up, opened and created with the user's rights. Each component is opened by the descriptor of the
 * one before, so what was judged is what is opened, even if somebody renames things meanwhile. trusted_path.ts has the
 * rule.
 * @throws ImpError, exit 125
 */
export function openForUser(path: string, purpose: Purpose, user: Credentials): OpenedForUser {
  const walk = beginWalk(path, purpose, user);
  try {
    return goOn(walk);
  } catch (error) {
    closeFile(walk.directory);
    throw error;
  }
}

function goOn(walk: Walk): OpenedForUser {
  for (;;) {
    if (walk.names.length === 0) return asDirectory(walk);
    const { purpose, names: [name, ...more] } = walk;
    const last = more.length === 0 && isName(name);
    const opened = last && (purpose === "input" || purpose === "output")
      ? openLast(walk, name, purpose)
      : enterNext(walk, name);
    if (opened) return opened;
  }
}

function asDirectory(walk: Walk): OpenedForUser {
  const { directory, foundBy, purpose } = walk;
  if (purpose === "input" || purpose === "output") throw failed(walk, EISDIR);
  if (foundBy === "user") mustBeAllowed(walk, purpose);
  const fd = tryOpen(".", O_PATH | O_DIRECTORY, 0, directory);
  // Whose rights apply is settled: this only makes a second descriptor.
  if (fd < 0) throw failed(walk, -fd);
  return { fd, directory, name: ".", made: false, rights: foundBy };
}

/** Naming a directory by O_PATH takes no right on it; entering it or creating files in it does. */
function mustBeAllowed(walk: Walk, purpose: "directory" | "writable directory"): void {
  const mode = purpose === "directory" ? X_OK : W_OK | X_OK;
  const access = () => c.faccessat(walk.directory, cString("."), mode, AT_EACCESS);
  const code = as(walk, () => scratch(() => access() === 0 ? 0 : errno()));
  if (code !== 0) throw failed(walk, code);
}

/** Enters a directory, or queues the components of a link's target before the rest. */
function enterNext(walk: Walk, name: string): undefined {
  // With O_DIRECTORY an automounter mounts.
  const fd = look(walk, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (fd === -ENOTDIR || fd === -ELOOP) return followLink(walk, name);
  if (fd < 0) throw failed(walk, -fd);
  const verdict = orClose(fd, () => isName(name) ? judgeAt(walk, statFd(fd)) : walk.rights);
  if (verdict === "user" && walk.rights === "root") {
    closeFile(fd);
    return becomeUser(walk);
  }
  walk.names.shift();
  descendInto(walk, fd);
}

function followLink(walk: Walk, name: string): undefined {
  const fd = look(walk, name, O_PATH | O_NOFOLLOW);
  if (fd < 0) throw failed(walk, -fd);
  try {
    const status = statFd(fd);
    if (status.kind === "directory") return again(walk);
    if (status.kind !== "link") throw failed(walk, ENOTDIR);
    const verdict = judgeAt(walk, status);
    if (verdict === "user" && walk.rights === "root") return becomeUser(walk, "link");
    if (++walk.links > MOST_LINKS) throw failed(walk, ELOOP);
    if (verdict === "kernel") return enterByKernel(walk, name);
    const target = targetOf(fd, walk);
    walk.names.splice(0, 1, ...namesIn(target));
    if (target.startsWith("/")) descendInto(walk, must(walk, tryOpen("/", O_PATH | O_DIRECTORY)));
  } finally {
    closeFile(fd);
  }
}

function enterByKernel(walk: Walk, name: string): undefined {
  const fd = must(walk, look(walk, name, O_PATH | O_DIRECTORY));
  walk.names.shift();
  descendInto(walk, fd);
}

/** @returns undefined after a link or a change of rights: then the walk goes on */
function openLast(
  walk: Walk,
  name: string,
  purpose: "input" | "output",
): OpenedForUser | undefined {
  const seen = as(walk, () => statAt(walk.directory, name));
  if (typeof seen === "string" && seen !== "ENOENT") throw failed(walk, errnoNumber(seen));
  const status = typeof seen === "string" ? undefined : seen;
  const verdict = judgeAt(walk, status);
  if (status?.kind === "link" && verdict !== "kernel") return followLink(walk, name);
  if (verdict === "user" && walk.rights === "root") return becomeUser(walk);
  const make = status === undefined && purpose === "output";
  const flags = FLAGS[purpose] | (make ? O_CREAT | O_EXCL : 0);
  const fd = look(walk, name, verdict === "kernel" ? flags & ~O_NOFOLLOW : flags);
  // It changed since it was looked at.
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

/** In its own bytes, read through the link's descriptor. */
function targetOf(link: number, walk: Walk): string {
  const target = readLinkOf(link);
  if (typeof target === "number") throw failed(walk, -target);
  return textFromBytes(target);
}
