import { ImpError } from "../base/errors.ts";
import { O_DIRECTORY } from "../libc/machine.ts";
import { O_RDONLY } from "../libc/abi.ts";
import { closeFile, openFile, readTextOrNothing, tryOpen } from "../libc/descriptors/files.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { listEntries, statFd } from "../libc/descriptors/stat.ts";
import { startOfRecord, usageOfRecord } from "./read_records.ts";
import type { ReportRows } from "./rows.ts";
import { TAIL_BYTES, tailOf } from "./tail.ts";

/** Times of a job log are rounded to milliseconds. */
const SAME_MS = 2;

/**
 * Adds what the folder of `imp pool --results` holds about these jobs. The start of a job shows whether its result is
 * of this run.
 * @returns what the reader should know
 * @throws ImpError if the folder cannot be opened
 */
export function addResults(rows: ReportRows, folder: string): string[] {
  closeFile(openFile(folder, O_RDONLY | O_DIRECTORY));
  const places = new ResultPlaces(folder);
  let missing = 0;
  for (let at = 0; at < rows.length; at++) {
    const found = places.find(rows.seq[at], rows.start[at]);
    if (!found) {
      missing++;
      continue;
    }
    const { place, text } = found;
    const { cpu, memory } = usageOfRecord(text);
    if (cpu !== undefined) rows.cpu.set(at, cpu);
    if (memory !== undefined) rows.memory.set(at, memory);
    if (rows.outcome[at] === 0 || !rows.wantsTails) continue;
    const tail = tailOf([endOfFile(`${place}/stdout`), endOfFile(`${place}/stderr`)]);
    if (tail) rows.tails.set(at, tail);
  }
  if (rows.length > 0 && missing === rows.length) throw nothingOfThis(folder);
  return missing === 0 ? [] : [`${missing} of ${rows.length} jobs have no result in ${folder}.`];
}

interface ResultPlace {
  readonly place: string;
  /** The text of its result.json. */
  readonly text: string;
}

/** Where results are: under their numbers, or wherever their arguments have put them. */
class ResultPlaces {
  private index: Map<number, string[]> | undefined;

  constructor(private readonly folder: string) {}

  /** @param start of the job, by which a result of another run is recognized */
  find(seq: number, start: number): ResultPlace | undefined {
    const own = this.at(`${this.folder}/${seq}`, start);
    if (own) return own;
    this.index ??= this.walk();
    for (const place of this.index.get(seq) ?? []) {
      const found = this.at(place, start);
      if (found) return found;
    }
    return undefined;
  }

  private at(place: string, start: number): ResultPlace | undefined {
    const text = readTextOrNothing(`${place}/result.json`);
    if (text === undefined || !(Math.abs(startOfRecord(text) - start) <= SAME_MS)) return undefined;
    return { place, text };
  }

  /** Every folder with a result, by its number. No link is followed. */
  private walk(): Map<number, string[]> {
    const found = new Map<number, string[]>();
    const waiting = [this.folder];
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const entries = listEntries(place, false);
      if (typeof entries === "string") continue;
      for (const { name, kind } of entries) {
        if (kind === "directory") waiting.push(`${place}/${name}`);
        else if (name === "seq") {
          const seq = Number(readTextOrNothing(`${place}/seq`));
          found.getOrInsertComputed(seq, () => []).push(place);
        }
      }
    }
    return found;
  }
}

function endOfFile(path: string): string {
  const fd = tryOpen(path, O_RDONLY);
  if (fd < 0) return "";
  try {
    const { size, kind } = statFd(fd);
    if (kind !== "file") return "";
    const block = readAt(fd, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
    return typeof block === "number" ? "" : new TextDecoder().decode(block);
  } finally {
    closeFile(fd);
  }
}

function nothingOfThis(folder: string): ImpError {
  return new ImpError({
    action: "use",
    object: folder,
    why: "it has no result of a job of this log",
    hint: "name the folder of the same run's imp pool --results",
  });
}
