import { FLOOR } from "../libc/descriptors/reserved.ts";
import {
  AT_EACCESS,
  AT_FDCWD,
  EEXIST,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_WRONLY,
  W_OK,
  X_OK,
} from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, systemError } from "../libc/calling/errno.ts";
import {
  closeFile,
  moveUp,
  openFile,
  readTextOrNothing,
  tryOpen,
  writeAll,
} from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { transfer } from "../libc/descriptors/spool.ts";
import type { Stream } from "./capture.ts";
import type { ExitedJob } from "./job_processes.ts";
import { jobRecord } from "./record.ts";
import type { JobResult } from "./types.ts";

const c = libc("faccessat", "mkdirat", "unlinkat", "renameat");

/**
 * Keeps each job's result in DIR/SEQ: `stdout`, `stderr`, and last of all `result.json`, so that a folder with this file is
 * complete, whoever is killed. Below DIR no link is followed and every file is made anew: DIR may be somebody else's, who
 * could have prepared other files of ours to be written over.
 */
export class Results {
  private readonly directory: number;

  /** @param resumes what jobs of an earlier run have left is kept, where the number is another job's now */
  constructor(private readonly folder: string, private readonly resumes: boolean) {
    makeFolder(folder, AT_FDCWD, folder);
    this.directory = openWritable(folder);
  }

  /** @throws ImpError, for example ENOSPC */
  keep(result: JobResult, exited: ExitedJob | undefined): void {
    const facts = factsOf(result, exited);
    const name = this.place(result.job.seq, facts.item);
    const path = `${this.folder}/${name}`;
    makeFolder(name, this.directory, path);
    const fd = tryOpen(name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, this.directory);
    if (fd < 0) throw systemError(-fd, "write to directory", path, { exit: EXIT.failed });
    try {
      keepIn(fd, path, facts, exited);
    } finally {
      closeFile(fd);
    }
  }

  /** SEQ, or SEQ.2 and so on where an earlier run has left the result of another job. */
  private place(seq: number, item: unknown): string {
    if (!this.resumes) return `${seq}`;
    for (let n = 1;; n++) {
      const one = n === 1 ? `${seq}` : `${seq}.${n}`;
      const text = readTextOrNothing(`${this.folder}/${one}/result.json`);
      if (text === undefined || isOf(text, item)) return one;
    }
  }
}

function keepIn(
  directory: number,
  path: string,
  facts: Record<string, unknown>,
  exited: ExitedJob | undefined,
): void {
  remove(directory, "result.json");
  const capture = exited?.running.capture;
  if (capture) {
    copy(capture.out, create(directory, "stdout", path), `${path}/stdout`);
    copy(capture.err, create(directory, "stderr", path), `${path}/stderr`);
  }
  write(create(directory, HIDDEN, path), `${JSON.stringify(facts)}\n`, `${path}/${HIDDEN}`);
  const code = rename(directory, HIDDEN, "result.json");
  if (code !== 0) throw systemError(code, "create", `${path}/result.json`, { exit: EXIT.failed });
}

const HIDDEN = ".result.json";

/** Without what the job wrote, which has files of its own. */
function factsOf(result: JobResult, exited: ExitedJob | undefined): Record<string, unknown> {
  const { stdout: _out, stderr: _err, ...facts } = jobRecord(
    result,
    exited && withoutCapture(exited),
  );
  return facts;
}

/** Blocks have no items by which they could be known. */
function isOf(text: string, item: unknown): boolean {
  try {
    const known = JSON.stringify(JSON.parse(text).item);
    return known !== "[]" && known === JSON.stringify(item);
  } catch {
    // Cut off by a power failure: it is nobody's.
    return true;
  }
}

/** A file that was not there a moment ago, whatever was. @throws ImpError */
function create(directory: number, name: string, path: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  let fd = tryOpen(name, flags, 0o666, directory);
  if (fd === -EEXIST) {
    remove(directory, name);
    fd = tryOpen(name, flags, 0o666, directory);
  }
  if (fd < 0) throw systemError(-fd, "create", `${path}/${name}`, { exit: EXIT.failed });
  return fd;
}

function remove(directory: number, name: string): void {
  scratch(() => c.unlinkat(directory, cString(name), 0));
}

function write(fd: number, text: string, path: string): void {
  try {
    writeAll(fd, text, path);
  } finally {
    closeFile(fd);
  }
}

/** @returns 0, or an errno */
function rename(directory: number, from: string, to: string): number {
  return scratch(() =>
    c.renameat(directory, cString(from), directory, cString(to)) === 0 ? 0 : errno()
  );
}

function withoutCapture(exited: ExitedJob): ExitedJob {
  return { ...exited, running: { ...exited.running, capture: undefined } };
}

function copy(stream: Stream, fd: number, path: string): void {
  try {
    for (const { fd: from, from: start, to } of stream.pieces()) {
      for (let at = start; at < to;) {
        const n = transfer(fd, from, at, to - at);
        if (n < 0) throw systemError(-n, "write to", path);
        if (n === 0) break;
        at += n;
      }
    }
  } finally {
    closeFile(fd);
  }
}

function makeFolder(name: string, at: number, path: string): void {
  const code = scratch(() => c.mkdirat(at, cString(name), 0o777) === 0 ? 0 : errno());
  if (code !== 0 && code !== EEXIST) {
    throw systemError(code, "make directory", path, { exit: EXIT.failed });
  }
}

/** Before anything runs: what is there may be a file, or somebody else's. */
function openWritable(folder: string): number {
  const access = () => c.faccessat(AT_FDCWD, cString(`${folder}/.`), W_OK | X_OK, AT_EACCESS);
  const code = scratch(() => access() === 0 ? 0 : errno());
  if (code !== 0) throw systemError(code, "write to directory", folder, { exit: EXIT.failed });
  return moveUp(openFile(folder, O_PATH | O_DIRECTORY), FLOOR.job);
}
