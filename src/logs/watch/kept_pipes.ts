import { nap } from "../../libc/time.ts";
import { EEXIST, F_SETFL, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { makeFifo } from "../../libc/descriptors/fifo.ts";
import { closeFile, moveUp, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { modificationTime } from "../../libc/descriptors/stat.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { bookName, readWay } from "../book.ts";
import { mayNeedWatch } from "../write/mode.ts";
import { logFiles, type LogPlace, type LogStream } from "../place.ts";
import type { LogSettings } from "../settings.ts";
import { openWatchAlive } from "./watch_lock.ts";

/**
 * What a daemon's keeper has open for its logs: the pipes, so that unread output outlives the program, and a descriptor
 * that shows when the process that reads them has ended (the first one). None for logs that need no reader.
 * @param anyway that process is needed for something else
 * @throws ImpError
 */
export function openForKeeper(
  home: string,
  { directory, log }: Pick<LogPlace, "directory" | "log">,
  anyway: boolean,
): number[] {
  if (!mayNeedWatch(log) && !anyway) return [];
  const opened: number[] = [];
  try {
    opened.push(openWatchAlive(home));
    if (!mayNeedWatch(log)) return opened;
    for (const stream of pipedStreams(log)) opened.push(holdPipe(directory, stream));
    return opened;
  } catch (error) {
    for (const fd of opened) closeFile(fd);
    throw error;
  }
}

function pipedStreams(log: LogSettings): LogStream[] {
  return log.target === "syslog" ? ["stdout"] : logFiles(log).map(({ stream }) => stream);
}

/** The write end: it is never readable, so others' output wakes nobody. */
function holdPipe(directory: string, stream: LogStream): number {
  const at = openFile(directory, O_PATH | O_DIRECTORY);
  const name = bookName(stream, "pipe");
  try {
    const code = makeFifo(at, name);
    if (code < 0 && code !== -EEXIST) throw systemError(-code, "make", `${directory}/${name}`);
    // Without a reader it cannot be opened for writing only.
    const both = openFile(name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0, at);
    const fd = tryOpen(name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0, at);
    closeFile(both);
    if (fd < 0) throw systemError(-fd, "open", `${directory}/${name}`);
    libc("fcntl").fcntl(fd, F_SETFL, 0);
    return moveUp(fd, FLOOR.job);
  } finally {
    closeFile(at);
  }
}

/** Waits briefly until a program's output is in its log. The process that reads must be running. */
export function settleLogs(place: Pick<LogPlace, "directory" | "log">): void {
  const { directory, log } = place;
  const pause = (isUnsettled: () => boolean, most: number) => {
    for (let waited = 0; waited < most && isUnsettled(); waited += 5) nap(5);
  };
  pause(() => unreadPipes(place), PIPE_MS);
  if (log.format === "raw") return;
  for (const { stream, path } of logFiles(log)) {
    if (readWay(directory, stream)?.mode !== "pipe") continue;
    const spool = `${directory}/${bookName(stream, "spool")}`;
    pause(() => modificationTime(spool) > modificationTime(path), SPOOL_MS);
  }
}

/** Whether some of a daemon's output is in a pipe. */
export function unreadPipes({ directory, log }: Pick<LogPlace, "directory" | "log">): boolean {
  return pipedStreams(log).some((stream) => {
    if (readWay(directory, stream)?.mode !== "pipe") return false;
    const pipe = `${directory}/${bookName(stream, "pipe")}`;
    const fd = tryOpen(pipe, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) return false;
    const count = unreadBytes(fd);
    closeFile(fd);
    return count > 0;
  });
}

const PIPE_MS = 1000;
/** Shorter: an incomplete line stays in the spool. */
const SPOOL_MS = 200;
