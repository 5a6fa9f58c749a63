import { O_RDONLY, RLIMIT_STACK } from "../../libc/abi.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { getLimit } from "../../libc/users/limits.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { argumentRoom, Packer } from "../../pool/source/packer.ts";
import { bytesOf, latin1 } from "../../pool/bytes.ts";
import { filteredWords, filterOf, type RecordFilter } from "../../pool/source/record_filters.ts";
import { type Boundary, literals, type Records, Splitter } from "../../pool/source/input.ts";
import { firstRecord, type Input, ItemJobs, SingleItems } from "../../pool/source/item_jobs.ts";
import {
  type ItemSource,
  type ItemStream,
  JobItems,
  ShuffledItems,
} from "../../pool/source/items.ts";
import type { SourceSpec } from "../../pool/source/sources.ts";
import { readAhead } from "../../pool/source/read_ahead.ts";
import type { Template } from "../../pool/template/template.ts";
import type { Job } from "../../pool/types.ts";
import type { ItemInput } from "./families.ts";
import { toBytes } from "./request_input.ts";

const STDIN = { fd: 0, name: "standard input" };

/** Lengths of what each job gets in addition: the pool's tag, PARALLEL_SEQ, PARALLEL_JOBSLOT. */
const ADDED = [64, 29, 33];

/** What jobs are made for. */
export interface JobShape {
  readonly template: Template;
  /** The program's file. */
  readonly file: string;
  readonly environment: readonly Bytes[];
  /** How many jobs run at once now. */
  readonly atOnce: () => number;
}

/** Opened sources, and what their headers say. */
export interface OpenItems {
  readonly inputs: readonly (Input | undefined)[];
  readonly all: ItemStream;
  /** Which field each name refers to. */
  readonly names?: ReadonlyMap<string, number>;
}

/** The jobs made from the input. @param skip whether to leave out a job because it is done already */
export function jobSource(
  input: ItemInput,
  { inputs, all }: OpenItems,
  shape: JobShape,
  skip?: (job: Job) => boolean,
): ItemJobs {
  return new ItemJobs(all, inputs, packer(input, shape), skip);
}

/** @param counted whether the number of jobs must be known before the first one starts */
export function openItems(input: ItemInput, counted: boolean): OpenItems {
  const { sources, boundary, columns, linked } = input;
  const filter = filterOf(input.filters);
  const inputs = sources.map((source) => {
    const opened = open(source, boundary());
    return opened && counted ? countRecords(opened, boundary, filter) : opened;
  });
  const items: ItemSource[] = sources.map((source, i) => ({
    linked: source.linked,
    records: recordsOf(source, inputs[i], filter),
  }));
  const names = input.header ? takeHeaders(items, inputs, columns) : undefined;
  const all = items.length === 1 && !columns
    ? new SingleItems(items[0].records)
    : new JobItems(items, columns, linked);
  return { inputs, all: input.shuffled ? new ShuffledItems(all) : all, names };
}

/** Takes the first record of each source. */
function takeHeaders(
  items: ItemSource[],
  inputs: readonly (Input | undefined)[],
  columns: ItemInput["columns"],
): ReadonlyMap<string, number> {
  const fields = items.flatMap(({ records }, i) => {
    const header = firstRecord(records, inputs[i]);
    // Words are already counted; a source that is read starts counting again.
    if (!inputs[i]) items[i] = { ...items[i], records: filteredWords([], () => records) };
    return header === undefined ? [] : columns ? columns(header) : [header];
  });
  return new Map(fields.map((field, i) => [latin1(field), i + 1]));
}

/** The part of a source that becomes items. */
function recordsOf(source: SourceSpec, input: Input | undefined, filter?: RecordFilter): Records {
  if (source.from === "words") {
    return filter ? filteredWords(source.words, filter) : literals(source.words);
  }
  return filter ? filter(input!.records) : input!.records;
}

/** Standard input, or a file, opened so that jobs do not inherit it. */
export function openInput(path: string | undefined): { fd: number; name: string } {
  if (path === undefined) return STDIN;
  return { fd: moveUp(openFile(path, O_RDONLY), FLOOR.job), name: path };
}

function open(source: SourceSpec, boundary: Boundary): Input | undefined {
  if (source.from === "words") return undefined;
  const { fd, name } = openInput(source.from === "file" ? textFromBytes(source.path) : undefined);
  return { fd, name, records: new Splitter(boundary, name) };
}

function countRecords(input: Input, boundary: () => Boundary, filter?: RecordFilter): Input {
  const { fd, records } = readAhead(input.fd, input.name, boundary(), filter);
  input.records.count = records;
  return { ...input, fd };
}

function packer({ most, spread, maxChars }: ItemInput, shape: JobShape): Packer | undefined {
  const { template, environment, file, atOnce } = shape;
  if (most === 1) return undefined;

  const words = [...environment.map(toBytes), ...ADDED.map((n) => bytesOf("x".repeat(n)))];
  const room = argumentRoom(getLimit(RLIMIT_STACK).soft, words, bytesOf(file));
  return new Packer(template, { most, room, maxChars, spread: spread ? atOnce : undefined });
}
