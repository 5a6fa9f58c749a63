import { FLOOR } from "../libc/descriptors/reserved.ts";
import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, openFile, readSome, tryOpen } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, type Block } from "../libc/calling/memory.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { statFd } from "../libc/descriptors/stat.ts";
import { LINES, Splitter } from "./input.ts";
import { beginsJoblog, JOBLOG_HEADER, rowReader } from "./joblog.ts";
import { DoneJobs, type ResumeMode } from "./resume.ts";

const c = libc("ftruncate", "write", "lseek");
const NEWLINE = 10;

/**
 * The job log: each row is appended by one write(2), so a row is there whole or, after a power failure or on a full disk,
 * cut off at the end of the file, where the next run removes it.
 */
export class JoblogFile {
  private readonly fd: number;
  private buffer: Block = allocate(1 << 16);
  /** The jobs that it says are done; with `--resume`. */
  readonly done: DoneJobs | undefined;

  /**
   * @param resume undefined: the log begins anew
   * @throws ImpError when it cannot be used, or is something else than a job log
   */
  constructor(private readonly path: string, resume: ResumeMode | undefined) {
    this.fd = moveUp(openFile(path, O_RDWR | O_CREAT | O_APPEND), FLOOR.job);
    refuseOther(this.fd, path);
    if (resume) {
      this.done = new DoneJobs(resume);
      this.cut(readRows(this.fd, path, this.done));
    } else this.cut(0);
    if (c.lseek(this.fd, 0, 2) === 0) this.append(JOBLOG_HEADER);
  }

  close(): void {
    closeFile(this.fd);
  }

  /** Adds one row or several. @throws ImpError when it cannot be written; nothing of it is in the log then */
  append(bytes: Uint8Array): void {
    if (bytes.length > this.buffer.bytes.length) this.buffer = allocate(2 * bytes.length);
    this.buffer.bytes.set(bytes);
    const before = c.lseek(this.fd, 0, 2);
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

/** The jobs that a job log says are done, where it is only to be read; undefined when there is none. @throws ImpError */
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

/** @returns how long the whole lines are */
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
  return last === NEWLINE ? c.lseek(fd, 0, 2) : whole;
}

/** A slip of the pen must neither empty a file that is no job log nor add rows to it. */
function refuseOther(fd: number, path: string): void {
  if (statFd(fd).kind !== "file") return;
  const start = readAt(fd, 0, JOBLOG_HEADER.length);
  if (typeof start === "number" || beginsJoblog(start)) return;
  throw new ImpError({
    action: "use",
    object: path,
    why: "it is there already and no job log",
    hint: "name another file for --joblog, or remove this one",
    exit: EXIT.failed,
  });
}
