import { EXIT } from "../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../libc/errno.ts";
import { closeFile, O_CREAT, O_TRUNC, O_WRONLY, openFile, writeAll } from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { cString, scratch } from "../libc/memory.ts";
import { transfer } from "../libc/spool.ts";
import type { Stream } from "./capture.ts";
import type { Gone } from "./crew.ts";
import { jobRecord } from "./record.ts";
import type { JobResult } from "./types.ts";

/**
 * Keeps each job's result in DIR/SEQ: `stdout`, `stderr`, and last of all `result.json`, so that a folder with this file is
 * complete.
 */
export class Results {
  constructor(private readonly folder: string) {
    makeFolder(folder);
    // Before anything runs: what is there may be a file, or somebody else's.
    const code = accessError(folder);
    if (code !== 0) throw systemError(code, "write to directory", folder, { exit: EXIT.failed });
  }

  /** @throws ImpError, for example ENOSPC */
  keep(result: JobResult, gone: Gone | undefined): void {
    const folder = `${this.folder}/${result.job.seq}`;
    makeFolder(folder);
    const capture = gone?.running.capture;
    if (capture) {
      copy(capture.out, `${folder}/stdout`);
      copy(capture.err, `${folder}/stderr`);
    }
    const { stdout: _out, stderr: _err, ...facts } = jobRecord(
      result,
      gone && withoutCapture(gone),
    );
    const path = `${folder}/result.json`;
    const fd = openFile(path, O_WRONLY | O_CREAT | O_TRUNC);
    try {
      writeAll(fd, `${JSON.stringify(facts)}\n`, path);
    } finally {
      closeFile(fd);
    }
  }
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
  const AT_FDCWD = -100, W_OK = 2, X_OK = 1, AT_EACCESS = 0x200;
  const c = libc("faccessat");
  return scratch(() =>
    c.faccessat(AT_FDCWD, cString(`${folder}/.`), W_OK | X_OK, AT_EACCESS) === 0 ? 0 : errno()
  );
}
