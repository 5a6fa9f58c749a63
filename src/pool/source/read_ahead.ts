import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { O_RDONLY } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { closeFile, moveUp, openFile, readSome, writeAll } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import { type Boundary, Splitter } from "./input.ts";
import { inputError } from "../output/io_errors.ts";
import type { RecordFilter } from "./record_filters.ts";
import { openSpool, ROOM_HINT } from "../process/spool.ts";

/** Each record is an object for a moment: some MB of them are collected at a time, a millisecond each. */
const COLLECT_EVERY = 8;

/** A source that was read to its end. */
export interface Counted {
  /** Delivers the same bytes again. */
  readonly fd: number;
  readonly records: number;
}

/**
 * Reads a source to its end and counts its records, for options that need the number of jobs: a percentage in `--halt`.
 * The data goes to an unnamed file on disk, so a million items take no memory. Endless input never gets past this.
 * @param boundary a separate one: it may have state
 * @throws ImpError if the source cannot be read or the disk is full
 */
export function readAhead(
  fd: number,
  name: string,
  boundary: Boundary,
  filter: RecordFilter = (records) => records,
): Counted {
  const { fd: file, folder } = openSpool();
  const splitter = new Splitter(boundary, name);
  const left = filter(splitter);
  let records = 0;
  let chunks = 0;
  const count = () => {
    while (typeof left.take() !== "string") records++;
  };
  for (;;) {
    const chunk = readSome(fd);
    if (typeof chunk === "number") throw inputError(-chunk, name);
    if (chunk.length === 0) break;
    store(file, chunk, folder);
    splitter.push(chunk);
    count();
    if (++chunks % COLLECT_EVERY === 0) runtime.collectGarbage();
  }
  splitter.finish();
  count();
  return { fd: fromStart(file), records };
}

/** A separate open file, positioned at its beginning. */
function fromStart(file: number): number {
  const fd = moveUp(openFile(`/proc/self/fd/${file}`, O_RDONLY), FLOOR.job);
  closeFile(file);
  return fd;
}

function store(file: number, bytes: Uint8Array, folder: string): void {
  try {
    writeAll(file, bytes);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    throw error.with({
      action: "keep the input, to count it, in",
      object: folder,
      hint: ROOM_HINT,
      exit: EXIT.failed,
    });
  }
}
