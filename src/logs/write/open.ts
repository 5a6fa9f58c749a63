import { EEXIST, F_SETFL, O_APPEND, O_NONBLOCK, O_PATH, O_RDWR } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { makeFifo } from "../../libc/descriptors/fifo.ts";
import { closeFile, moveUp, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { bookName, type LogWay, readWay, writeWay } from "../book.ts";
import { logMode, modeNeedsWatch } from "./mode.ts";
import { type OpenedLog, openLogFile, openNothing } from "./open_file.ts";
import { logFiles, type LogPlace, type LogStream } from "../place.ts";
import { probeUnit } from "./probe.ts";
import { markTime } from "../times.ts";

/** What becomes descriptors 1 and 2 of the program. */
export interface OpenedOutputs {
  /**
   * Close-on-exec, blocking, at FLOOR.daemon or above; /dev/null if the settings name no file. The caller closes them.
   */
  readonly stdout: number;
  /** The same number as `stdout` if both go to one file. */
  readonly stderr: number;
  /** A process of imp has to read it, or to watch its size: call {@link ensureWatch}. */
  readonly needsWatch: boolean;
}

/**
 * Opens the program's output, before each start: a deleted log is recreated.
 * @throws ImpError, exit 125
 */
export function openOutputs(place: LogPlace): OpenedOutputs {
  const opened = new Map<LogStream, Output>();
  try {
    if (place.log.target === "syslog") {
      opened.set("stdout", openPiped(place, "stdout", { device: "", unit: 0 }));
    }
    for (const { stream, path } of logFiles(place.log)) {
      opened.set(stream, openOutput(place, stream, path));
    }
    const needsWatch = [...opened.values()].some((one) => one.needsWatch);
    const apart = place.log.stderr !== undefined && place.log.stderr !== place.log.stdout;
    const stdout = opened.get("stdout")?.fd ?? openNothing();
    return { stdout, stderr: apart ? opened.get("stderr")!.fd : stdout, needsWatch };
  } catch (error) {
    for (const { fd } of opened.values()) closeFile(fd);
    throw error;
  }
}

interface Output {
  readonly fd: number;
  readonly needsWatch: boolean;
}

function openOutput(place: LogPlace, stream: LogStream, path: string): Output {
  const opened = openLogFile(path, place.user);
  try {
    const { kind, device } = statFd(opened.fd);
    const unit = place.log.maxBytes === undefined || kind !== "file"
      ? 0
      : unitOf(place, stream, opened, device);
    // A terminal, a device or somebody else's FIFO has no size.
    const mode = kind === "file" || place.log.format !== "raw" || place.log.terminal
      ? logMode(place.log, unit)
      : "direct";
    if (kind === "file") markTime(place.directory, { stream, path }, Date.now());
    if (mode === "pipe") {
      closeFile(opened.fd);
      return openPiped(place, stream, { device, unit });
    }
    noteWay(place, stream, { schema: 1, mode, device, unit });
    // Opened without waiting for the other end of a FIFO; the program gets an ordinary descriptor.
    libc("fcntl").fcntl(opened.fd, F_SETFL, O_APPEND);
    return { fd: opened.fd, needsWatch: modeNeedsWatch(mode) };
  } catch (error) {
    closeFile(opened.fd);
    throw error;
  } finally {
    closeFile(opened.directory);
  }
}

/** Tested once per file system. */
function unitOf(
  { directory }: LogPlace,
  stream: LogStream,
  log: OpenedLog,
  device: string,
): number {
  const known = readWay(directory, stream);
  if (known?.device === device && known.unit > 0) return known.unit;
  return log.act(() => probeUnit(log.directory));
}

/**
 * The program writes to a named pipe that it also has open for reading: so the end of another process never raises
 * SIGPIPE, and unread output waits for the next reader.
 */
function openPiped(
  place: LogPlace,
  stream: LogStream,
  found: Pick<LogWay, "device" | "unit">,
): Output {
  const at = openFile(place.directory, O_PATH | O_DIRECTORY);
  const name = bookName(stream, "pipe");
  try {
    const code = makeFifo(at, name);
    if (code < 0 && code !== -EEXIST) throw failure(code, place, name);
    const fd = tryOpen(name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0, at);
    if (fd < 0) throw failure(fd, place, name);
    // A program may reopen /dev/stdout, which takes rights on the FIFO itself.
    if (place.user) libc("fchown").fchown(fd, place.user.uid, place.user.gid);
    libc("fcntl").fcntl(fd, F_SETFL, 0);
    noteWay(place, stream, { schema: 1, mode: "pipe", ...found });
    return { fd: moveUp(fd, FLOOR.daemon), needsWatch: true };
  } finally {
    closeFile(at);
  }
}

function noteWay({ directory }: LogPlace, stream: LogStream, way: LogWay): void {
  if (JSON.stringify(readWay(directory, stream)) !== JSON.stringify(way)) {
    writeWay(directory, stream, way);
  }
}

function failure(code: number, { directory }: LogPlace, name: string) {
  return systemError(-code, "open", `${directory}/${name}`, { exit: EXIT.failed });
}
