import { AT_FDCWD, O_APPEND, O_CREAT, O_EXCL, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { bytesFromText, textFromBytes } from "../../base/byte_text.ts";
import { ImpError } from "../../base/errors.ts";
import { closeFile, openFile, readFileOrNothing, writeAll } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { type Leftover, MadeThings } from "./made.ts";

/** In the directory that contains a worker's own directories. */
const JOURNAL = ".made", NEXT = ".made.next";
const FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW;
/** Precedes each path, which ends with a NUL. */
const FILE = "f", DIRECTORY = "d", GONE = "-";
/** It is rewritten once it has so many records, and so many times more than there are things. */
const MANY = 1000, TIMES = 4;

/**
 * What to remove if the worker is killed: kept on disk, for its guard. If it cannot be written, a killed worker's files
 * stay.
 */
export class MadeJournal {
  private fd = -1;
  private records = 0;

  /** @param directory creates it if needed. @throws ImpError */
  constructor(
    private readonly directory: () => string,
    private readonly things: { readonly size: number; all(): readonly Leftover[] },
  ) {}

  made({ path, directory }: Leftover): void {
    this.add(`${directory ? DIRECTORY : FILE}${path}\0`);
  }

  gone(path: string): void {
    this.add(`${GONE}${path}\0`);
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
    this.fd = -1;
  }

  private add(record: string): void {
    try {
      if (this.fd < 0) this.fd = openFile(`${this.directory()}/${JOURNAL}`, FLAGS, 0o600);
      writeAll(this.fd, bytesFromText(record));
      if (++this.records > MANY) this.shorten();
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
    }
  }

  private shorten(): void {
    if (this.records < TIMES * this.things.size) return;
    const things = this.things.all();
    const directory = this.directory();
    const fd = openFile(`${directory}/${NEXT}`, FLAGS, 0o600);
    const records = things.map((thing) => `${thing.directory ? DIRECTORY : FILE}${thing.path}\0`);
    try {
      writeAll(fd, bytesFromText(records.join("")));
      scratch(() => {
        const [from, to] = [NEXT, JOURNAL].map((name) => cString(`${directory}/${name}`));
        libc("renameat").renameat(AT_FDCWD, from, AT_FDCWD, to);
      });
    } finally {
      closeFile(this.fd);
      this.fd = fd;
      this.records = things.length;
    }
  }
}

/** What a killed worker has left. @param directory that contains its own directories */
export function leftoversIn(directory: string): Leftover[] {
  const bytes = readFileOrNothing(`${directory}/${JOURNAL}`);
  const made = new MadeThings();
  if (!bytes) return [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    // Truncated: it was killed while writing this one.
    if (end < 0) break;
    const kind = String.fromCharCode(bytes[at]);
    const path = textFromBytes(bytes.subarray(at + 1, end));
    if (kind === GONE) made.keep(path);
    else made.made(0, path, kind === DIRECTORY ? "directory" : "file");
    at = end + 1;
  }
  return made.leaveAll();
}
