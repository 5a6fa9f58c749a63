import { F_SETFL, O_APPEND } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { openLogFile, openNothing } from "./open_file.ts";
import { type LogFile, logFiles, type LogPlace } from "./place.ts";

/** What becomes descriptors 1 and 2 of the program. */
export interface OpenedOutputs {
  /** Close-on-exec, blocking, at FLOOR.daemon or above; /dev/null where the settings name no file. The caller closes them. */
  readonly stdout: number;
  /** The same number as `stdout` where both go to one file. */
  readonly stderr: number;
  /** A process of imp's has to read it, or to look after its size: see `ensureWatch`. */
  readonly needsWatch: boolean;
}

/**
 * Opens where the program's output goes, before each start: a log that was deleted is made again.
 * @throws ImpError, exit 125
 */
export function openOutputs(place: LogPlace): OpenedOutputs {
  const opened = new Map<string, number>();
  try {
    const files = logFiles(place.log);
    for (const file of files) opened.set(file.stream, openDirect(file, place));
    const stdout = opened.get("stdout") ?? openNothing();
    opened.set("stdout", stdout);
    const apart = place.log.stderr !== undefined && place.log.stderr !== place.log.stdout;
    const stderr = apart ? opened.get("stderr")! : stdout;
    return { stdout, stderr, needsWatch: files.length > 0 && place.log.maxBytes !== undefined };
  } catch (error) {
    for (const fd of opened.values()) closeFile(fd);
    throw error;
  }
}

/** The program appends to the file itself: nobody whose end could cost a line stands between. */
function openDirect({ path }: LogFile, { user }: LogPlace): number {
  const { fd, directory } = openLogFile(path, user);
  closeFile(directory);
  // Opened without waiting for the other end of a FIFO; the program gets an ordinary descriptor.
  libc("fcntl").fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}
