import { S_IWGRP, S_IWOTH } from "../libc/abi_files.ts";
import { textFromBytes } from "../base/byte_text.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { systemError } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile, readLink, readToEnd, tryOpen } from "../libc/descriptors/files.ts";
import { type FileStatus, statFd } from "../libc/descriptors/stat.ts";

export interface ProjectText {
  /** Absolute, without links. */
  readonly path: string;
  readonly text: string;
}

const LARGEST = 4 << 20;

/**
 * Reads a file that says what to run: whoever can change it decides that.
 * @param path absolute
 * @throws ImpError if it cannot be read, or others could change it
 */
export function readProjectFile(path: string): ProjectText {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) throw systemError(-fd, "open", path, { exit: EXIT.no });
  try {
    refuseUnlessOwn(path, statFd(fd));
    const text = textFromBytes(readToEnd(fd, path));
    if (!text.isWellFormed()) throw unfit(path, "it is not a text in UTF-8");
    if (text.includes("\0")) throw unfit(path, "it is no text: there is a NUL byte in it");
    return { path: readLink(`/proc/self/fd/${fd}`) ?? path, text };
  } finally {
    closeFile(fd);
  }
}

function refuseUnlessOwn(path: string, { kind, mode, uid, gid, size }: FileStatus): void {
  if (kind !== "file") throw unfit(path, `it is not a plain file (${kind})`);
  const own = libc("geteuid").geteuid();
  if (uid !== 0 && uid !== own) {
    throw unfit(path, `it belongs to user ${uid}, who could have anything run as this user`);
  }
  const hint = `remove that permission: chmod go-w ${path}`;
  const shown = `(mode ${mode.toString(8).padStart(4, "0")})`;
  if (mode & S_IWOTH) throw unfit(path, `every user may write to it ${shown}`, hint);
  // With a umask of 002 a user's files belong to a group of that user alone.
  const isOwnGroup = own !== 0 && gid === libc("getegid").getegid();
  if (mode & S_IWGRP && !isOwnGroup) {
    throw unfit(path, `its group may write to it ${shown}`, hint);
  }
  if (size > LARGEST) throw unfit(path, "it has more than 4M");
}

function unfit(path: string, why: string, hint?: string): ImpError {
  return new ImpError({ action: "use", object: path, why, hint, exit: EXIT.no });
}
