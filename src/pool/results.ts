import { EXIT } from "../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../libc/errno.ts";
import {
  closeFile,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  openFile,
  readTextOrNothing,
  writeAll,
} from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { cString, scratch } from "../libc/memory.ts";
import { transfer } from "../libc/spool.ts";
import type { Stream } from "./capture.ts";
import type { Gone } from "./crew.ts";
import { jobRecord } from "./record.ts";
import type { JobResult } from "./types.ts";

const c = libc("faccessat", "unlinkat", "renameat");
const AT_FDCWD = -100;

/**
 * Keeps each job's result in DIR/SEQ: `stdout`, `stderr`, and last of all `result.json`, so that a folder with this file is
 * complete, whoever is killed.
 */
export class Results {
  /** @param resumes what jobs of an earlier run have left is kept, where the number is another job's now */
  constructor(private readonly folder: string, private readonly resumes: boolean) {
    makeFolder(folder);
    // Before anything runs: what is there may be a file, or somebody else's.
    const code = accessError(folder);
    if (code !== 0) throw systemError(code, "write to directory", folder, { exit: EXIT.failed });
  }

  /** @throws ImpError, for example ENOSPC */
  keep(result: JobResult, gone: Gone | undefined): void {
    const facts = factsOf(result, gone);
    const folder = this.place(result.job.seq, facts.item);
    makeFolder(folder);
    const path = `${folder}/result.json`;
    scratch(() => c.unlinkat(AT_FDCWD, cString(path), 0));
    const capture = gone?.running.capture;
    if (capture) {
      copy(capture.out, `${folder}/stdout`);
      copy(capture.err, `${folder}/stderr`);
    }
    const hidden = `${folder}/.result.json`;
    write(hidden, `${JSON.stringify(facts)}\n`);
    const code = rename(hidden, path);
    if (code !== 0) throw systemError(code, "create", path, { exit: EXIT.failed });
  }

  /** DIR/SEQ, or DIR/SEQ.2 and so on where an earlier run has left the result of another job. */
  private place(seq: number, item: unknown): string {
    const folder = `${this.folder}/${seq}`;
    if (!this.resumes) return folder;
    for (let n = 1;; n++) {
      const one = n === 1 ? folder : `${folder}.${n}`;
      const text = readTextOrNothing(`${one}/result.json`);
      if (text === undefined || isOf(text, item)) return one;
    }
  }
}

/** Without what the job wrote, which has files of its own. */
function factsOf(result: JobResult, gone: Gone | undefined): Record<string, unknown> {
  const { stdout: _out, stderr: _err, ...facts } = jobRecord(result, gone && withoutCapture(gone));
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

function write(path: string, text: string): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    writeAll(fd, text, path);
  } finally {
    closeFile(fd);
  }
}

/** @returns 0, or an errno */
function rename(from: string, to: string): number {
  return scratch(() =>
    c.renameat(AT_FDCWD, cString(from), AT_FDCWD, cString(to)) === 0 ? 0 : errno()
  );
}

function withoutCapture(gone: Gone): Gone {
  return { ...gone, running: { ...gone.running, capture: undefined } };
}

function copy(stream: Stream, path: string): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_TRUNC);
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

function makeFolder(path: string): void {
  const code = scratch(() => libc("mkdir").mkdir(cString(path), 0o777) === 0 ? 0 : errno());
  if (code !== 0 && errnoName(code) !== "EEXIST") {
    throw systemError(code, "make directory", path, { exit: EXIT.failed });
  }
}

/** @returns 0 when files can be made in the directory, else an errno */
function accessError(folder: string): number {
  const W_OK = 2, X_OK = 1, AT_EACCESS = 0x200;
  return scratch(() =>
    c.faccessat(AT_FDCWD, cString(`${folder}/.`), W_OK | X_OK, AT_EACCESS) === 0 ? 0 : errno()
  );
}
