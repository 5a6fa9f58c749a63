import { splitPath } from "../../base/split_path.ts";
import { dirname } from "@std/path/dirname";
import { EXIT } from "../../base/exit_codes.ts";
import type { ImpError } from "../../base/errors.ts";
import {
  EAGAIN,
  EEXIST,
  EISDIR,
  ELOOP,
  ENOENT,
  ENXIO,
  EPERM,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_WRONLY,
} from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { closeFile, moveUp, readLink, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { hintOfNoDevice, statAt, statFd, statPath } from "../../libc/descriptors/stat.ts";
import { actAs, type Credentials } from "../../libc/users/credentials.ts";
import { openForUser } from "../../libc/users/open_for_user.ts";

/** The mode of a log created here. Its group may be changed for those who should read it. */
const MODE = 0o640;
/** As many links as the kernel follows, and as many tries against somebody who keeps changing names. */
const MOST_LINKS = 40;
const FLAGS = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

/** A log, open for appending. */
export interface OpenedLog {
  /** Close-on-exec, at {@link FLOOR}.daemon or above, non-blocking. */
  readonly fd: number;
  /** Its directory (O_PATH), and its name there: parts and temporary files are made beside it. */
  readonly directory: number;
  readonly name: string;
  /** Runs `work` with the rights to use for names in that directory. */
  readonly act: <T>(work: () => T) => T;
  /** It did not exist before. */
  readonly made: boolean;
}

/**
 * Opens a log for appending, creating it if needed (0640, the user's), never through a stranger's link. The caller
 * closes both descriptors.
 * @param user the program's, if imp is root and it is another user
 * @throws ImpError, exit 125
 */
export function openLogFile(path: string, user?: Credentials): OpenedLog {
  const own = libc("geteuid").geteuid();
  if (own !== 0) return openWithOwnRights(path, own);
  const as = user ?? { uid: 0, gid: libc("getgid").getgid(), groups: [0] };
  const { fd, directory, name, made, rights } = openForUser(path, "output", as);
  const act = <T>(work: () => T) => rights === "user" && as.uid !== 0 ? actAs(as, work) : work();
  return placed({ fd, directory, name, act, made });
}

/** @throws ImpError for kinds of files that cannot be a log */
function placed(log: OpenedLog): OpenedLog {
  const fd = moveUp(log.fd, FLOOR.daemon);
  const directory = moveUp(log.directory, FLOOR.daemon);
  if (log.made) libc("fchmod").fchmod(fd, MODE);
  return { ...log, fd, directory };
}

/** A link is followed if it is this user's own or root's, whatever fs.protected_symlinks says. */
function openWithOwnRights(path: string, uid: number): OpenedLog {
  let target = path;
  for (let tries = 0; tries < MOST_LINKS; tries++) {
    const { directory, name } = parentOf(target, path);
    let fd = tryOpen(name, FLAGS | O_CREAT | O_EXCL, MODE, directory);
    const made = fd >= 0;
    if (fd === -EEXIST) fd = tryOpen(name, FLAGS, 0, directory);
    if (fd >= 0) {
      if (statFd(fd).kind === "directory") throw failure(path, EISDIR);
      return placed({ fd, directory, name, act: (work) => work(), made });
    }
    const there = statAt(directory, name);
    closeFile(directory);
    if (fd === -ENOENT) continue;
    if (fd !== -ELOOP) throw failure(path, -fd);
    if (typeof there === "string" || there.kind !== "link") continue;
    if (there.uid !== uid && there.uid !== 0) {
      throw failure(path, EPERM, "it is a symbolic link that another user made");
    }
    const next = readLink(target);
    if (next === undefined) continue;
    const base = dirname(target);
    target = next.startsWith("/") ? next : `${base}/${next}`;
  }
  throw failure(path, EAGAIN, "the file there changes all the time");
}

function parentOf(target: string, path: string): { directory: number; name: string } {
  const [folder, name] = splitPath(target);
  if (name === "") throw failure(path, EISDIR);
  const directory = tryOpen(folder, O_PATH | O_DIRECTORY);
  if (directory < 0) throw failure(path, -directory);
  return { directory, name };
}

/** What a program without a log gets. @throws ImpError */
export function openNothing(): number {
  const fd = tryOpen("/dev/null", O_RDWR | O_NOCTTY);
  if (fd < 0) throw failure("/dev/null", -fd);
  return moveUp(fd, FLOOR.daemon);
}

function failure(path: string, code: number, why?: string): ImpError {
  const hint = code === ENXIO ? hintOfNoDevice(statPath(path)) : undefined;
  const more = why === undefined ? {} : { why };
  return systemError(code, "open", path, { exit: EXIT.failed, hint, ...more });
}
