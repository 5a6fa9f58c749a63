import { hashTwice } from "../bytes.ts";
import { beginsJoblog, JOBLOG_HEADER, type RowOutcome, rowReader } from "./joblog.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, SEEK_END } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp, openFile, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocate, type Block } from "../../libc/calling/memory.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { LINES, Splitter } from "../source/input.ts";

/** Which jobs are not run again: all that ended (`--resume`), or only successful ones (`--resume-failed`). */
export type ResumeMode = "ended" | "succeeded";

/** Rows with a larger Seq are not compared with others of the same Seq. */
const MOST_SEQS = 1 << 24;
const PAGE_SEQS = 1 << 16;
const DONE = 1;
const NOT_DONE = 2;

/** The latest row of each Seq, for a range of them. */
interface Page {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** 0: no row. */
  readonly state: Uint8Array;
}

/**
 * The jobs that a job log says are done. They are identified by command, so a changed input runs the right jobs: GNU
 * parallel compares only numbers and skips whatever has them. Equal jobs are counted: of three, two in the log leave
 * one.
 *
 * Commands are kept as 64-bit hashes, because a log of a million rows has to fit in memory: in one of 10^7 such logs,
 * two different commands would be taken for one.
 */
export class DoneJobs {
  /**
   * By Seq: `--resume-failed` appends a second row for the same job. In pages, because growing arrays leave garbage.
   */
  private pages: (Page | undefined)[] = [];
  /** Hashes of done jobs that are in no page, high and low words in turn. */
  private others: number[] = [];
  private done: HashCounts | undefined;

  constructor(private readonly mode: ResumeMode) {}

  /** Adds the log's next row. */
  add(row: RowOutcome): void {
    hash(row.command);
    const done = this.mode === "ended" || (row.exit === 0 && row.signal === 0);
    const { seq } = row;
    if (seq < 0 || seq >= MOST_SEQS) {
      if (done) this.others.push(hashHigh, hashLow);
      return;
    }
    const page = this.pages[Math.floor(seq / PAGE_SEQS)] ??= newPage();
    const at = seq % PAGE_SEQS;
    const same = page.high[at] === hashHigh && page.low[at] === hashLow;
    // If the input differed then, both jobs are in the log.
    if (page.state[at] === DONE && !same) this.others.push(page.high[at], page.low[at]);
    page.high[at] = hashHigh;
    page.low[at] = hashLow;
    page.state[at] = done ? DONE : NOT_DONE;
  }

  /** Whether this job is done and must be skipped. Call it once for every job of the input, in order. */
  take(command: Uint8Array): boolean {
    this.done ??= this.counted();
    hash(command);
    return this.done.takeOne(hashHigh, hashLow);
  }

  private counted(): HashCounts {
    let size = this.others.length / 2;
    for (const page of this.pages) page?.state.forEach((state) => size += state === DONE ? 1 : 0);
    const counts = new HashCounts(size);
    for (let i = 0; i < this.others.length; i += 2) {
      counts.add(this.others[i], this.others[i + 1]);
    }
    for (const page of this.pages) {
      page?.state.forEach((state, at) => {
        if (state === DONE) counts.add(page.high[at], page.low[at]);
      });
    }
    this.pages = [];
    this.others = [];
    return counts;
  }
}

function newPage(): Page {
  return {
    high: new Uint32Array(PAGE_SEQS),
    low: new Uint32Array(PAGE_SEQS),
    state: new Uint8Array(PAGE_SEQS),
  };
}

/** How often each hash occurs: open addressing in flat arrays. */
class HashCounts {
  private readonly high: Uint32Array;
  private readonly low: Uint32Array;
  /** 0: free. Otherwise the count plus one, so that a hash with count 0 keeps its place. */
  private readonly counts: Uint32Array;

  /** @param most how many hashes will be added */
  constructor(most: number) {
    const places = Math.ceil(most * 1.4) + 1;
    this.high = new Uint32Array(places);
    this.low = new Uint32Array(places);
    this.counts = new Uint32Array(places);
  }

  add(high: number, low: number): void {
    const at = this.find(high, low);
    this.high[at] = high;
    this.low[at] = low;
    this.counts[at] = Math.max(1, this.counts[at]) + 1;
  }

  /** @returns false if there is none left */
  takeOne(high: number, low: number): boolean {
    const at = this.find(high, low);
    if (this.counts[at] < 2) return false;
    this.counts[at]--;
    return true;
  }

  /** Its place, or the free one where it belongs. */
  private find(high: number, low: number): number {
    let at = low % this.counts.length;
    while (this.counts[at] !== 0 && (this.high[at] !== high || this.low[at] !== low)) {
      if (++at === this.counts.length) at = 0;
    }
    return at;
  }
}

let hashHigh = 0;
let hashLow = 0;
const halves = new Int32Array(2);

/** Leaves the 64 bits in the variables. */
function hash(bytes: Uint8Array): void {
  hashTwice(bytes, halves);
  hashHigh = mixed(halves[0] ^ (halves[1] >>> 13));
  hashLow = mixed(halves[1]);
}

/** The last step of MurmurHash3: every input bit affects half of the result's bits. */
function mixed(value: number): number {
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const c = libc("ftruncate", "write", "lseek");
const NEWLINE = 10;

/**
 * The job log: each row is appended by one write(2), so it is complete, or after a power failure or on a full disk
 * truncated at the end of the file, where the next run removes it.
 */
export class JoblogFile {
  private readonly fd: number;
  private buffer: Block = allocate(1 << 16);
  /** The jobs recorded as done; with `--resume`. */
  readonly done: DoneJobs | undefined;

  /**
   * @param appends keeps an existing log; it is emptied otherwise, unless `resume` is given
   * @throws ImpError if it cannot be used, or is not a job log
   */
  constructor(private readonly path: string, appends: boolean, resume: ResumeMode | undefined) {
    this.fd = moveUp(openFile(path, O_RDWR | O_CREAT | O_APPEND), FLOOR.job);
    refuseOther(this.fd, path);
    if (resume || appends) {
      const done = new DoneJobs(resume ?? "ended");
      this.cut(readRows(this.fd, path, done));
      if (resume) this.done = done;
    } else this.cut(0);
    if (c.lseek(this.fd, 0, SEEK_END) === 0) this.append(JOBLOG_HEADER);
  }

  close(): void {
    closeFile(this.fd);
  }

  /** Appends one or more rows. @throws ImpError if they cannot be written; then none of them is in the log */
  append(bytes: Uint8Array): void {
    if (bytes.length > this.buffer.bytes.length) this.buffer = allocate(2 * bytes.length);
    this.buffer.bytes.set(bytes);
    const before = c.lseek(this.fd, 0, SEEK_END);
    const n = c.write(this.fd, this.buffer.address, bytes.length);
    const code = n < 0 ? errno() : 28;
    if (n === bytes.length) return;
    this.cut(before);
    throw systemError(code, "write to", this.path, { exit: EXIT.failed });
  }

  private cut(length: number): void {
    if (c.ftruncate(this.fd, length) < 0 && length > 0) {
      throw systemError(errno(), "shorten", this.path);
    }
  }
}

/** The jobs that a job log says are done, if the log is only read; undefined if there is none. @throws ImpError */
export function doneIn(path: string, resume: ResumeMode): DoneJobs | undefined {
  const fd = tryOpen(path, O_RDONLY);
  if (errnoName(-fd) === "ENOENT") return undefined;
  if (fd < 0) throw systemError(-fd, "open", path, { exit: EXIT.failed });
  try {
    refuseOther(fd, path);
    const done = new DoneJobs(resume);
    readRows(fd, path, done);
    return done;
  } finally {
    closeFile(fd);
  }
}

/** @returns the length of the complete lines */
function readRows(fd: number, path: string, done: DoneJobs): number {
  const lines = new Splitter(LINES, path);
  const read = rowReader();
  let whole = 0;
  let last = NEWLINE;
  for (;;) {
    const chunk = readSome(fd);
    if (typeof chunk === "number") throw systemError(-chunk, "read", path);
    if (chunk.length === 0) break;
    last = chunk[chunk.length - 1];
    lines.push(chunk);
    for (let line = lines.take(); line instanceof Uint8Array; line = lines.take()) {
      whole += line.length + 1;
      const row = read(line);
      if (row) done.add(row);
    }
  }
  return last === NEWLINE ? c.lseek(fd, 0, SEEK_END) : whole;
}

/** A typing error must neither empty a file that is not a job log nor append rows to it. */
function refuseOther(fd: number, path: string): void {
  if (statFd(fd).kind !== "file") return;
  const start = readAt(fd, 0, JOBLOG_HEADER.length);
  if (typeof start === "number" || beginsJoblog(start)) return;
  throw new ImpError({
    action: "use",
    object: path,
    why: "it exists but is not a job log",
    hint: "name another file for --joblog, or remove this one",
    exit: EXIT.failed,
  });
}
