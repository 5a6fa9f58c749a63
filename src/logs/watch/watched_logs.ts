import { ImpError } from "../../base/errors.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Inotify } from "../../libc/descriptors/inotify.ts";
import { readWay } from "../book.ts";
import { logFiles, type LogStream } from "../place.ts";
import type { WatchedDaemon } from "./watched_daemon.ts";
import type { PipeProgress } from "./pipe_progress.ts";
import { WatchedPipe } from "./watched_pipe.ts";
import { WatchedSize } from "./watched_size.ts";

/** While little comes it is collected: a program that writes line by line does not wake this process for each. */
const FEW_BYTES = 1 << 14, GATHER_MS = 10, LATELY_MS = 100;
const MUCH_BYTES = 1 << 20;
/**
 * With so much garbage a collection is worth its time; opening a pipe, and continuing another process' work, count as
 * so much.
 */
const GARBAGE_BYTES = 1 << 20, GARBAGE_OF_OPENING = 1 << 19, GARBAGE_OF_PUMP = 1 << 12;
/** After a failed write; and for a pipe without a writer although its daemon runs. */
const RETRY_MS = 100, EMPTY_MS = 1000;

interface PipeEntry {
  readonly kind: "pipe";
  readonly pipe: WatchedPipe;
  readonly fd: number;
  runs: boolean;
  /** Not waited for before this time; 0: it is. */
  due: number;
  /** To be read then in any case. */
  again: boolean;
  ready: boolean;
  /** Recent input, decaying with time. */
  recent: number;
  pumpedAt: number;
  /** It has no writer. */
  end: boolean;
}

interface SizeEntry {
  readonly kind: "size";
  readonly size: WatchedSize;
  runs: boolean;
}

/** The logs that this process handles. */
export class WatchedLogs {
  private readonly entries = new Map<string, PipeEntry | SizeEntry>();
  /** Daemons must be examined again; reset by whoever does that. */
  lookWanted = false;
  /** A pipe or file that could not be opened is retried. */
  private retryAt = Infinity;
  private moved = 0;
  /** Since the last collection: bytes of lines processed, and pipes opened. */
  private garbage = 0;
  private daemons: readonly WatchedDaemon[] = [];

  constructor(private readonly inotify: Inotify) {}

  /** Updates the set of logs. @returns whether any of them needs this process */
  update(daemons: readonly WatchedDaemon[]): boolean {
    this.daemons = daemons;
    this.retryAt = Infinity;
    const seen = new Set<string>();
    for (const daemon of daemons) this.updateOne(daemon, seen);
    for (const [key, entry] of this.entries) {
      const over = !seen.has(key) || entry.kind === "size" && !entry.runs;
      if (over) this.drop(key, entry);
    }
    return this.isNeeded;
  }

  /** Does what is due. */
  work(now: number): void {
    if (now >= this.retryAt) this.update(this.daemons);
    for (const entry of this.entries.values()) {
      if (entry.kind === "size") {
        if (now < entry.size.due) continue;
        entry.size.look(now, this.inotify);
        if (entry.size.due === Infinity) this.lookWanted = true;
      } else if (entry.ready || entry.again && now >= entry.due) this.pump(entry, now);
      else if (now >= entry.due) entry.due = 0;
    }
  }

  /** When to call {@link work} next. */
  get nextDue(): number {
    let due = this.retryAt;
    for (const entry of this.entries.values()) {
      if (entry.kind === "size") due = Math.min(due, entry.size.due);
      else if (entry.ready) return 0;
      else if (entry.due > 0) due = Math.min(due, entry.due);
    }
    return due;
  }

  /** Whether it has read much since the last call. */
  isBusy(): boolean {
    const busy = this.moved > MUCH_BYTES;
    this.moved = 0;
    return busy;
  }

  pipesToWaitFor(): PipeEntry[] {
    const entries = [...this.entries.values()];
    return entries.filter((one): one is PipeEntry => one.kind === "pipe" && one.due === 0);
  }

  ready(entry: PipeEntry): void {
    entry.ready = true;
  }

  /** A quiet file was written to. */
  touched(watch: number): void {
    for (const entry of this.entries.values()) {
      if (entry.kind === "size" && entry.size.watch === watch) entry.size.due = 0;
    }
  }

  close(): void {
    for (const [key, entry] of this.entries) this.drop(key, entry);
  }

  private get isNeeded(): boolean {
    if (this.retryAt < Infinity) return true;
    return [...this.entries.values()].some((one) => one.runs || one.kind === "pipe" && !one.end);
  }

  private updateOne(daemon: WatchedDaemon, seen: Set<string>): void {
    const { place, runs } = daemon;
    for (const stream of streamsOf(daemon)) {
      const way = readWay(place.directory, stream);
      if (way === undefined || way.mode === "direct") continue;
      // Other settings, as after start --replace, are another log.
      const key = JSON.stringify([place.name, stream, way.mode, place.log, place.user?.uid]);
      seen.add(key);
      const old = this.entries.get(key);
      if (old) {
        old.runs = runs;
        if (old.kind === "pipe") old.ready = true;
        continue;
      }
      if (way.mode === "pipe") this.openPipe(daemon, stream, key);
      else if (runs) {
        const file = logFiles(place.log).find((one) => one.stream === stream);
        const reopen = () => daemon.signal(place.log.reopenSignal ?? 0);
        const size = file && new WatchedSize(place, file, way, reopen);
        if (size) this.entries.set(key, { kind: "size", size, runs });
      }
    }
  }

  private openPipe({ place, runs }: WatchedDaemon, stream: LogStream, key: string): void {
    try {
      const pipe = new WatchedPipe(place, stream);
      this.litter(GARBAGE_OF_OPENING);
      this.entries.set(key, {
        kind: "pipe",
        pipe,
        fd: pipe.fd,
        runs,
        due: 0,
        again: false,
        ready: true,
        recent: 0,
        pumpedAt: 0,
        end: false,
      });
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      if (runs) this.retryAt = Date.now() + EMPTY_MS;
    }
  }

  private pump(entry: PipeEntry, now: number): void {
    entry.ready = false;
    const isFirst = entry.pumpedAt === 0;
    const { moved, end, errno } = pumped(entry.pipe, now);
    entry.recent = entry.recent * Math.exp((entry.pumpedAt - now) / LATELY_MS) + moved;
    entry.pumpedAt = now;
    this.moved += moved;
    const ofLines = entry.pipe.makesGarbage ? moved : 0;
    this.litter(isFirst ? GARBAGE_OF_OPENING : GARBAGE_OF_PUMP + ofLines);
    // Its program may have ended, which no file shows if nobody keeps it.
    if (end && !entry.end) this.lookWanted = true;
    entry.end = end;
    entry.again = errno !== undefined || end;
    if (errno !== undefined) entry.due = now + RETRY_MS;
    else if (end) entry.due = entry.runs ? now + EMPTY_MS : Infinity;
    else entry.due = entry.recent < FEW_BYTES ? now + GATHER_MS : 0;
  }

  /** Keeps the heap of a process that should stay small from growing with garbage. */
  private litter(bytes: number): void {
    this.garbage += bytes;
    if (this.garbage < GARBAGE_BYTES) return;
    this.garbage = 0;
    runtime.collectGarbage();
  }

  private drop(key: string, entry: PipeEntry | SizeEntry): void {
    if (entry.kind === "pipe") entry.pipe.close();
    this.entries.delete(key);
  }
}

function pumped(pipe: WatchedPipe, now: number): PipeProgress {
  try {
    return pipe.pump(now);
  } catch (error) {
    if (!(error instanceof ImpError) || !error.errno) throw error;
    return { moved: 0, end: false, errno: errnoNumber(error.errno) };
  }
}

function streamsOf({ place }: WatchedDaemon): LogStream[] {
  if (place.log.target === "syslog") return ["stdout"];
  return logFiles(place.log).map(({ stream }) => stream);
}
