import { textFromBytes } from "../../base/byte_text.ts";
import { EAGAIN, EINTR, O_CLOEXEC, O_NONBLOCK } from "../abi.ts";
import { INOTIFY_EVENT } from "../structs.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile, moveUp } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";

const c = libc("inotify_init1", "inotify_add_watch", "inotify_rm_watch", "read");

/** Room for hundreds of events, or a few with the longest names. */
const BUFFER = 16384;

/** An event of inotify(7). */
export interface FileEvent {
  /** What {@link Inotify.add} returned; -1 when events were lost. */
  readonly watch: number;
  readonly mask: number;
  /** The name within a watched directory, else empty. */
  readonly name: string;
}

let buffer: Block | undefined;

/**
 * Reports changes to files and directories; inotify(7). A user has few instances (max_user_instances): if none is left,
 * nothing is reported, and each {@link add} tries again. Its user must look from time to time as well.
 */
export class Inotify {
  private opened = -1;

  /** @param lowest the lowest number for the descriptor */
  constructor(private readonly lowest: number) {}

  /** -1 while there is none. */
  get fd(): number {
    return this.opened;
  }

  /** @returns the number of the watch, the same for the same file; -errno when it fails (EMFILE: no instance) */
  add(path: string, mask: number): number {
    if (this.opened < 0) {
      const fd = makeInotify();
      if (fd < 0) return fd;
      this.opened = moveUp(fd, this.lowest);
    }
    return addWatch(this.opened, path, mask);
  }

  remove(watch: number): void {
    if (this.opened >= 0) removeWatch(this.opened, watch);
  }

  /** What has happened since the last call, if anything. */
  read(): FileEvent[] {
    return this.opened < 0 ? [] : readFileEvents(this.opened);
  }

  close(): void {
    if (this.opened >= 0) closeFile(this.opened);
  }
}

/**
 * An inotify descriptor, close-on-exec and non-blocking. @returns -errno on failure (EMFILE: also max_user_instances)
 */
export function makeInotify(): number {
  const fd = c.inotify_init1(O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? -errno() : fd;
}

/** Adds a watch. @returns its number, the same for the same file; -errno on failure */
export function addWatch(fd: number, path: string, mask: number): number {
  return scratch(() => {
    const watch = c.inotify_add_watch(fd, cString(path), mask >>> 0);
    return watch < 0 ? -errno() : watch;
  });
}

/** Removing a watch that is already gone does nothing. */
export function removeWatch(fd: number, watch: number): void {
  c.inotify_rm_watch(fd, watch);
}

/** Takes the pending events, if any. @throws ImpError */
export function readFileEvents(fd: number): FileEvent[] {
  buffer ??= allocateForGood(BUFFER);
  const events: FileEvent[] = [];
  for (;;) {
    const n = c.read(fd, buffer.address, BUFFER);
    if (n > 0) events.push(...eventsIn(buffer, n));
    else if (n === 0) return events;
    else {
      const code = errno();
      if (code === EAGAIN) return events;
      if (code !== EINTR) throw systemError(code, "read", "an inotify instance");
    }
  }
}

function* eventsIn({ view, bytes }: Block, size: number): Generator<FileEvent> {
  for (let at = 0; at < size;) {
    const length = view.getUint32(at + INOTIFY_EVENT.len, true);
    const begin = at + INOTIFY_EVENT.name;
    const name = bytes.subarray(begin, begin + length);
    const end = name.indexOf(0);
    yield {
      watch: view.getInt32(at + INOTIFY_EVENT.wd, true),
      mask: view.getUint32(at + INOTIFY_EVENT.mask, true),
      name: textFromBytes(end < 0 ? name : name.subarray(0, end)),
    };
    at = begin + length;
  }
}
