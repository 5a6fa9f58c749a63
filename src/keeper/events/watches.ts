// A daemon's watches: an inotify descriptor inherited by its waiters, and the record of each watch's path.
import { ImpError, sentenceOf } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import {
  EMFILE,
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_MASK_ADD,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
} from "../../libc/abi.ts";
import { moveUp, readTextOrNothing } from "../../libc/descriptors/files.ts";
import {
  addWatch,
  makeInotify,
  readFileEvents,
  removeWatch,
} from "../../libc/descriptors/inotify.ts";

import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { changeTime, listEntries, statPath } from "../../libc/descriptors/stat.ts";
import { kernelFileSystem, tellsOfChanges } from "../../procfs/file_systems.ts";
import { runtime } from "../../runtime/mod.ts";
import { removeRecordFile, writeRecordFile } from "../records/record_file.ts";
import { readEvents } from "./reading.ts";
import { linksOnTheWay, nearestDirectory } from "./places.ts";
import type { WatchTarget } from "./target.ts";
import { inotifyLimit, troubleError, type WatchTrouble } from "./watch_trouble.ts";
import { entryPath, type KeptWatches, WatchTable } from "./watch_table.ts";

/** For a directory's content. A write counts when the file is closed: half a file starts nothing. */
const ENTRIES = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
const SELF = IN_DELETE_SELF | IN_MOVE_SELF;
/** For names above something missing. */
const NAMES = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | SELF;
/** Elapsed time is checked once per this many directories. */
const SLOW_EACH = 256;
/** How many fit into a record: more are found anew each time. */
const MOST_KEPT = 20_000;

interface WatchRecord {
  readonly schema: 1;
  readonly watches: KeptWatches;
  readonly trouble?: WatchTrouble;
}

export interface Taken {
  /** Something has come at all. */
  readonly any: boolean;
  /** The first relevant change. */
  readonly changed?: string;
}

/** @returns a descriptor for {@link Watches}, owned by the caller. @throws ImpError */
export function openWatches(): number {
  const fd = makeInotify();
  if (fd >= 0) return moveUp(fd, FLOOR.job);
  if (fd !== -EMFILE) throw systemError(-fd, "make", "an inotify instance", { exit: EXIT.failed });
  const { name, value } = inotifyLimit("instances");
  throw new ImpError({
    action: "watch for changes",
    why: `this user has no inotify instance left (${name} is ${value}); each daemon takes one`,
    hint: `sysctl ${name}=1024 raises it; one in use shows in: ls -l /proc/*/fd | grep inotify`,
    exit: EXIT.failed,
  });
}

export class Watches {
  /** The first path that cannot be watched. */
  trouble?: WatchTrouble;
  /** Called once, when it takes longer than until `from`. */
  slow?: {
    readonly from: number;
    readonly tell: (directories: number, path: string) => void;
  };
  private table: WatchTable | undefined;
  private isWhole = false;

  /** @param directory of the daemon's records */
  constructor(
    private readonly fd: number,
    private readonly directory: string,
    private readonly target: WatchTarget,
  ) {}

  /** Sets all watches, whatever is watched already. */
  setAll(): void {
    const before = this.table ?? this.recorded();
    const table = this.table = new WatchTable();
    table.isChanged = true;
    this.trouble = undefined;
    for (const path of this.target.paths) this.setOne(path);
    this.isWhole = true;
    for (const watch of before?.watches() ?? []) {
      if (table.pathOf(watch) === undefined) removeWatch(this.fd, watch);
    }
    this.save();
  }

  /** Reads the record of the process that set the watches. */
  load(): void {
    this.table ??= this.recorded();
  }

  /** What is not there yet will appear in this directory. @returns whether that will be told */
  await(directory: string): boolean {
    this.table ??= this.recorded() ?? new WatchTable();
    const isWatched = this.add(directory, NAMES | IN_ONLYDIR);
    this.save();
    return isWatched && tellsOfChanges(directory);
  }

  /** What is known about unwatchable paths: a sentence, empty if there are none; undefined: unknown. */
  get told(): string | undefined {
    if (!this.trouble) return this.isWhole ? "" : undefined;
    return sentenceOf(troubleError(this.trouble));
  }

  /** Reads events, and watches what has appeared. */
  take(): Taken {
    const events = readFileEvents(this.fd);
    if (events.length === 0) return { any: false };
    const recorded = this.table ?? this.recorded();
    const table = this.table = recorded ?? new WatchTable();
    const read = readEvents(events, this.target, table, isUnfinished);
    for (const watch of read.left) removeWatch(this.fd, watch);
    if (read.lost) this.setAll();
    else for (const path of read.appeared) this.setBelow(path);
    this.save();
    if (recorded || read.changed !== undefined) return { any: true, changed: read.changed };
    // The record tells what these were about.
    const again = readEvents(events, this.target, this.table, isUnfinished);
    return { any: true, changed: again.changed };
  }

  /** What has changed since a time, according to the file system. @param since milliseconds since the epoch */
  changedSince(since: number): string | undefined {
    // A file in a directory says more than the directory.
    let found: string | undefined, directory: string | undefined;
    const isNew = (path: string) => changeTime(path) > since;
    const enter = (path: string) => {
      if (directory === undefined && isNew(path)) directory = path;
      return found === undefined;
    };
    const see = (path: string, isDirectory: boolean) => {
      if (!isDirectory && found === undefined && isNew(path)) found = path;
    };
    for (const path of this.target.paths) {
      if (kindOf(path) === "directory") this.walk(path, enter, see);
      else see(path, false);
    }
    return found ?? directory;
  }

  private setOne(path: string): void {
    for (const [directory] of linksOnTheWay(path)) this.add(directory, NAMES | IN_ONLYDIR);
    const status = statPath(path);
    if (typeof status === "string") {
      this.add(nearestDirectory(path), NAMES | IN_ONLYDIR);
      // It may have appeared before the watch was set.
      if (typeof statPath(path) === "string") return;
      return this.setOne(path);
    }
    const type = kernelFileSystem(path);
    if (type !== undefined) {
      this.trouble ??= { path, code: type };
      return;
    }
    if (status.kind !== "directory") this.add(path, IN_CLOSE_WRITE | IN_ATTRIB | SELF);
    else this.setBelow(path);
  }

  /**
   * Watches a directory and everything below it: before listing it, so that later entries are reported. The kernel's
   * own file systems are left out.
   */
  private setBelow(path: string): void {
    this.walk(path, (directory) => {
      const follow = this.target.paths.includes(directory) ? 0 : IN_DONT_FOLLOW;
      return this.add(directory, ENTRIES | SELF | IN_ONLYDIR | follow);
    });
  }

  /** @param enter a directory; false: do not look into it @param see its entries */
  private walk(
    top: string,
    enter: (directory: string) => boolean,
    see: (path: string, isDirectory: boolean) => void = () => {},
  ): void {
    const left = [top];
    let count = 0;
    for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
      if (++count % SLOW_EACH === 0 && this.slow && runtime.now() > this.slow.from) {
        this.slow.tell(count, directory);
        this.slow = undefined;
      }
      if (kernelFileSystem(directory) !== undefined || !enter(directory)) continue;
      const entries = listEntries(directory, this.target.paths.includes(directory));
      if (typeof entries === "string") continue;
      for (const { name, kind } of entries) {
        const path = entryPath(directory, name);
        const isDirectory = (kind === "unknown" ? kindOf(path) : kind) === "directory";
        if (this.target.ignores(path, isDirectory)) continue;
        see(path, isDirectory);
        if (isDirectory) left.push(path);
      }
    }
  }

  /** @returns whether it is watched */
  private add(path: string, mask: number): boolean {
    // One file may be watched for two reasons.
    const watch = addWatch(this.fd, path, mask | IN_MASK_ADD);
    if (watch >= 0) {
      this.table!.set(watch, path);
      return true;
    }
    // It is gone again, or is something else by now: that is an event.
    const code = errnoName(-watch);
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) this.trouble ??= { path, code: -watch };
    return false;
  }

  private get file(): string {
    return `${this.directory}/watches.json`;
  }

  private recorded(): WatchTable | undefined {
    const text = readTextOrNothing(this.file);
    try {
      const { watches, trouble } = JSON.parse(text ?? "{}") as Partial<WatchRecord>;
      this.trouble ??= trouble;
      return Array.isArray(watches) ? new WatchTable(watches) : undefined;
    } catch {
      return undefined;
    }
  }

  private save(): void {
    if (!this.table?.isChanged) return;
    this.table.isChanged = false;
    try {
      const watches = this.table.kept();
      const record: WatchRecord = { schema: 1, watches, trouble: this.trouble };
      if (watches.length <= MOST_KEPT) writeRecordFile(this.file, record);
      else removeRecordFile(this.file);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      // On a full disk, no record is better than an old one.
      removeRecordFile(this.file);
    }
  }
}

function kindOf(path: string): string {
  const status = statPath(path, false);
  return typeof status === "string" ? "unknown" : status.kind;
}

/**
 * Its writer has not closed it yet, but will. Nobody closes a second name of a file, or anything but a regular file.
 */
function isUnfinished(path: string): boolean {
  const status = statPath(path, false);
  return typeof status !== "string" && status.kind === "file" && status.links === 1;
}
