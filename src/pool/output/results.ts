import { FLOOR } from "../../libc/descriptors/reserved.ts";
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
} from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { makeDirectoryIn, removeIn, renameIn } from "../../libc/descriptors/file_names.ts";
import {
  closeFile,
  moveUp,
  openFile,
  readTextOrNothing,
  tryOpen,
  writeAll,
} from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { transfer } from "../../libc/descriptors/spool.ts";
import type { Stream } from "../process/capture.ts";
import type { ExitedJob } from "../process/job_processes.ts";
import { jobRecord } from "../account/record.ts";
import { foldersOf, type ResultsLayout } from "./result_place.ts";
import type { JobResult } from "../types.ts";

const c = libc("faccessat");

/** From so many jobs with the same arguments on it is remembered how many they are. */
const CROWD = 8;

/** Whether another job's result is in the way. */
type IsTaken = (known: KnownResult, job: KnownResult) => boolean;

interface KnownResult {
  readonly seq: number;
  readonly item: unknown;
  /** As in result.json. */
  readonly start?: string;
  readonly exit?: number | null;
}

/**
 * Keeps each job's result in its own folder: `stdout`, `stderr`, and last `result.json`, so that a folder with this
 * file is complete, whoever is killed. Below DIR no link is followed and every file is created anew: somebody else may
 * own DIR, and have prepared links to make imp overwrite our other files.
 */
export class Results {
  private readonly directory: number;
  private readonly began = Date.now();
  /** By the first of many folders of jobs with the same arguments: the last one that is taken. */
  private readonly crowded = new Map<string, number>();

  /** @param resumes keeps what an earlier run's jobs have left in a place that another job now has */
  constructor(
    private readonly folder: string,
    private readonly layout: ResultsLayout,
    private readonly resumes: boolean,
  ) {
    makeFolder(folder, AT_FDCWD, folder);
    this.directory = openWritable(folder);
  }

  /** @returns the result's folder @throws ImpError, for example ENOSPC */
  keep(result: JobResult, exited: ExitedJob | undefined): string {
    const facts = factsOf(result, exited);
    const { seq, items } = result.job;
    // Blocks have no arguments.
    const folders = this.layout.by === "number" || items.fields.length === 0
      ? [String(seq)]
      : foldersOf(items, this.layout.names ?? []);
    const job = { seq, item: facts.item };
    const names = this.layout.by === "number"
      ? this.place(folders, ".", job, this.takenNumber)
      : this.place(folders, "\\", job, this.takenPlace);
    const path = [this.folder, ...names].join("/");
    const fd = this.open(names);
    try {
      keepIn(fd, path, facts, exited, this.layout.by === "arguments" ? seq : undefined);
    } finally {
      closeFile(fd);
    }
    return path;
  }

  /** Creates missing folders. */
  private open(names: readonly string[]): number {
    let fd = this.directory;
    let path = this.folder;
    for (const name of names) {
      path += `/${name}`;
      const above = fd;
      try {
        makeFolder(name, above, path);
        fd = tryOpen(name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, above);
        if (fd < 0) throw systemError(-fd, "write to directory", path, { exit: EXIT.failed });
      } finally {
        if (above !== this.directory) closeFile(above);
      }
    }
    return fd;
  }

  /** The folder, or NAME.2 and so on if another job's result is in the way. */
  private place(
    folders: readonly string[],
    mark: string,
    job: KnownResult,
    isTaken: IsTaken,
  ): readonly string[] {
    const first = folders.join("/");
    for (let n = this.crowded.get(first) ?? 1;; n++) {
      const last = `${folders[folders.length - 1]}${n === 1 ? "" : `${mark}${n}`}`;
      const names = [...folders.slice(0, -1), last];
      const text = this.needsLook
        ? readTextOrNothing([this.folder, ...names, "result.json"].join("/"))
        : undefined;
      const known = text === undefined ? undefined : parseResult(text);
      if (known && isTaken(known, job)) continue;
      if (n >= CROWD) this.crowded.set(first, n);
      return names;
    }
  }

  /** Otherwise each number is one job's, and an earlier run's result is overwritten. */
  private get needsLook(): boolean {
    return this.resumes || this.layout.by === "arguments";
  }

  /** Blocks have no items to identify them. */
  private readonly takenNumber: IsTaken = ({ item }, job) => {
    const known = JSON.stringify(item);
    return known === "[]" || known !== JSON.stringify(job.item);
  };

  /** Two jobs with the same arguments get a folder each; an earlier run's result is overwritten. */
  private readonly takenPlace: IsTaken = ({ seq, start, exit }, job) => {
    if (seq === job.seq) return false;
    return Date.parse(start ?? "") >= this.began || (this.resumes && exit === 0);
  };
}

/** @returns undefined if truncated by a power failure: then it belongs to no job */
function parseResult(text: string): KnownResult | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keepIn(
  directory: number,
  path: string,
  facts: Record<string, unknown>,
  exited: ExitedJob | undefined,
  seq: number | undefined,
): void {
  removeIn(directory, "result.json");
  const capture = exited?.running.capture;
  if (capture) {
    copyStream(capture.out, create(directory, "stdout", path), `${path}/stdout`);
    copyStream(capture.err, create(directory, "stderr", path), `${path}/stderr`);
  }
  if (seq !== undefined) write(create(directory, "seq", path), String(seq), `${path}/seq`);
  write(create(directory, HIDDEN, path), `${JSON.stringify(facts)}\n`, `${path}/${HIDDEN}`);
  const code = renameIn(directory, HIDDEN, "result.json");
  if (code < 0) throw systemError(-code, "create", `${path}/result.json`, { exit: EXIT.failed });
}

const HIDDEN = ".result.json";

/** Without the job's output, which has its own files. */
function factsOf(result: JobResult, exited: ExitedJob | undefined): Record<string, unknown> {
  const { stdout: _out, stderr: _err, ...facts } = jobRecord(
    result,
    exited && withoutCapture(exited),
  );
  return facts;
}

/** A new file, replacing whatever has its name. @throws ImpError */
function create(directory: number, name: string, path: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  let fd = tryOpen(name, flags, 0o666, directory);
  if (fd === -EEXIST) {
    removeIn(directory, name);
    fd = tryOpen(name, flags, 0o666, directory);
  }
  if (fd < 0) throw systemError(-fd, "create", `${path}/${name}`, { exit: EXIT.failed });
  return fd;
}

function write(fd: number, text: string, path: string): void {
  try {
    writeAll(fd, text, path);
  } finally {
    closeFile(fd);
  }
}

function withoutCapture(exited: ExitedJob): ExitedJob {
  return { ...exited, running: { ...exited.running, capture: undefined } };
}

/** Closes the descriptor. @throws ImpError */
export function copyStream(stream: Stream, fd: number, path: string): void {
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
  const code = makeDirectoryIn(at, name, 0o777);
  if (code < 0 && code !== -EEXIST) {
    throw systemError(-code, "make directory", path, { exit: EXIT.failed });
  }
}

/** Before anything runs: DIR may be a file, or somebody else's. */
function openWritable(folder: string): number {
  const access = () => c.faccessat(AT_FDCWD, cString(`${folder}/.`), W_OK | X_OK, AT_EACCESS);
  const code = scratch(() => access() === 0 ? 0 : errno());
  if (code !== 0) throw systemError(code, "write to directory", folder, { exit: EXIT.failed });
  return moveUp(openFile(folder, O_PATH | O_DIRECTORY), FLOOR.job);
}
