import { dirname } from "@std/path/dirname";
import { warn } from "../../cli/output.ts";
import {
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  POLLERR,
  POLLIN,
} from "../../libc/abi.ts";
import { Inotify } from "../../libc/descriptors/inotify.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { readWay } from "../../logs/book.ts";
import type { LinePrinter } from "./printer.ts";
import { ShownLog, type WantedLines } from "./shown_log.ts";
import type { LogSource } from "./sources.ts";

const OF_FILE = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
const OF_NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
/**
 * For cases where inotify does not help: a directory that does not exist yet, a file system of another machine, no
 * instance left.
 */
const LOOK_MS = 2000;

/** What is followed. */
export interface Followed {
  readonly home: string;
  /** The logs that are meant now: daemons come and go. */
  find(): readonly LogSource[];
}

/** Prints what is written from now on, until it is interrupted or nobody reads any more. */
export function followLogs(
  { home, find }: Followed,
  shown: ShownLog[],
  wanted: WantedLines,
  printer: LinePrinter,
): void {
  const inotify = new Inotify(FLOOR.job);
  const poll = new PollSet(2);
  const logs = new Map(shown.map((one) => [keyOf(one.source), one]));
  const missing = new Set<string>();
  const daemons = `${home}/daemons`;
  for (;;) {
    inotify.add(daemons, OF_NAMES);
    // The same watch again, or one for the file that has the name now.
    for (const { source: { file, directory } } of logs.values()) {
      inotify.add(file.path, OF_FILE);
      inotify.add(dirname(file.path), OF_NAMES);
      inotify.add(directory, OF_NAMES);
    }
    for (const one of logs.values()) {
      one.print(printer, false);
      tellMissing(one.source, missing);
    }
    printer.flush();
    poll.watch(0, inotify.fd, POLLIN);
    // Nobody reads any more: without output that would never be noticed.
    poll.watch(1, 1, 0);
    poll.wait(LOOK_MS);
    if (poll.ready(1) & POLLERR) return;
    inotify.read();
    takeUpNew(logs, find(), wanted, printer);
  }
}

function takeUpNew(
  logs: Map<string, ShownLog>,
  sources: readonly LogSource[],
  wanted: WantedLines,
  printer: LinePrinter,
): void {
  const now = new Set(sources.map(keyOf));
  for (const [key, log] of logs) {
    if (now.has(key)) continue;
    log.print(printer, true);
    log.close();
    logs.delete(key);
  }
  for (const source of sources) {
    if (logs.has(keyOf(source))) continue;
    logs.set(keyOf(source), new ShownLog(source, wanted, true));
    printer.show([...logs.values()].map((one) => one.source));
  }
}

/** A deleted log exists again only once its program is restarted; that of a pipe at once. */
function tellMissing({ name, directory, file }: LogSource, missing: Set<string>): void {
  const key = `${name} ${file.stream}`;
  if (statPath(file.path) !== "ENOENT") return void missing.delete(key);
  if (missing.has(key) || readWay(directory, file.stream)?.mode === "pipe") return;
  missing.add(key);
  warn(`imp logs: ${name}: ${file.path} does not exist yet; it is created when ${name} starts`);
}

function keyOf({ name, file, log }: LogSource): string {
  return JSON.stringify([name, file, log.format]);
}
