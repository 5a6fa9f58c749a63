import { splitPath } from "../../base/split_path.ts";
import { ImpError } from "../../base/errors.ts";
import { O_NOCTTY, O_NONBLOCK, O_PATH, O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { closeFile, readLink, tryOpen } from "../../libc/descriptors/files.ts";
import { actAs, type Credentials } from "../../libc/users/credentials.ts";
import { openForUser } from "../../libc/users/open_for_user.ts";
import type { Rights } from "../../libc/users/trusted_path.ts";
import type { LogFile } from "../place.ts";

/** A log opened for reading. */
export interface LogToRead {
  /** Close-on-exec, non-blocking, at any number; -errno if it cannot be opened. */
  readonly fd: number;
  /** Its directory, or that of a link's target (O_PATH), and its name there; negative if there is none. */
  readonly directory: number;
  readonly name: string;
  /** Runs `work` with the rights to use for names in that directory. */
  readonly act: <T>(work: () => T) => T;
}

const ROOT: Credentials = { uid: 0, gid: 0, groups: [0] };

/**
 * Opens a log for reading. Root uses the rights that opened it for the program: if a daemon's user has replaced its log
 * by a link to a file that only root can read, that file is neither shown nor recorded.
 */
export function openToRead(log: LogFile): LogToRead {
  const { path, user = ROOT } = log;
  if (libc("geteuid").geteuid() !== 0) return openPlainly(path);
  try {
    const { fd, directory, name, rights } = openForUser(path, "input", user);
    return { fd, directory, name, act: actWith(rights, user) };
  } catch (error) {
    // The parts of a deleted log still exist.
    return { fd: -codeOf(error), ...directoryOfLog(log) };
  }
}

/** The directory that contains this log's name, whatever it stands for. */
export function directoryOfLog({ path, user = ROOT }: LogFile): Omit<LogToRead, "fd"> {
  const [above, name] = splitPath(path);
  if (libc("geteuid").geteuid() !== 0) {
    return { directory: tryOpen(above, O_PATH | O_DIRECTORY), name, act: plainly };
  }
  try {
    const { fd, directory, rights } = openForUser(above, "directory", user);
    closeFile(directory);
    return { directory: fd, name, act: actWith(rights, user) };
  } catch (error) {
    return { directory: -codeOf(error), name, act: plainly };
  }
}

function actWith(rights: Rights, user: Credentials): LogToRead["act"] {
  return (work) => rights === "user" && user.uid !== 0 ? actAs(user, work) : work();
}

function plainly<T>(work: () => T): T {
  return work();
}

/** A log that is a link has its parts beside the link's target. */
function openPlainly(path: string): LogToRead {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const real = fd < 0 ? path : readLink(`/proc/self/fd/${fd}`) ?? path;
  const [above, name] = splitPath(real);
  const directory = tryOpen(above, O_PATH | O_DIRECTORY);
  return { fd, directory, name, act: plainly };
}

function codeOf(error: unknown): number {
  if (!(error instanceof ImpError) || error.errno === undefined) throw error;
  return errnoNumber(error.errno);
}
