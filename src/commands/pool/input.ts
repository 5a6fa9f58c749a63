import { textFromBytes } from "../../base/byte_text.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { O_RDONLY, RLIMIT_STACK } from "../../libc/abi.ts";
import { UsageError } from "../../base/errors.ts";
import type { Values } from "../../cli/options.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { getLimit } from "../../libc/users/limits.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { argumentRoom } from "../../pool/argument_limits.ts";
import { bytesOf } from "../../pool/bytes.ts";
import { type Columns, columnsBy } from "../../pool/columns.ts";
import { csv } from "../../pool/csv.ts";
import { needsTotal, parseHalt } from "../../pool/halt.ts";
import {
  type Boundary,
  delimiter,
  LINES,
  literals,
  NUL_RECORDS,
  parseDelimiter,
  Splitter,
} from "../../pool/input.ts";
import { type Input, ItemJobs } from "../../pool/item_jobs.ts";
import { type ItemSource, JobItems } from "../../pool/items.ts";
import { Packer } from "../../pool/packer.ts";
import { fileSources, type SourceSpec } from "../../pool/sources.ts";
import { readAhead } from "../../pool/read_ahead.ts";
import type { Template } from "../../pool/template.ts";
import type { Job } from "../../pool/types.ts";

const STDIN: SourceSpec = { from: "stdin", linked: false };

export function toBytes(word: Bytes): Uint8Array {
  return typeof word === "string" ? bytesOf(word) : word;
}

/**
 * The jobs that the command line asks for.
 * @param marked sources named by `:::` and the like
 * @param atOnce how many jobs run at once, now
 */
export function jobSource(
  values: Values,
  marked: readonly SourceSpec[],
  template: Template,
  file: string,
  environment: readonly Bytes[],
  skip: (job: Job) => boolean,
  atOnce: () => number,
): ItemJobs {
  const { boundary, columns } = shape(values);
  const files = values.texts("arg-file").map((path) => toBytes(rawWord(path)));
  const given = [...fileSources(files, false), ...marked];
  const sources = given.length > 0 ? given : [STDIN];
  if (sources.filter(({ from }) => from === "stdin").length > 1) {
    throw new UsageError("standard input can be read only once");
  }
  const counted = needsTotal(parseHalt(values.text("halt") ?? "never"));
  const inputs = sources.map((source) => {
    const input = open(source, boundary());
    return input && counted ? countRecords(input, boundary) : input;
  });
  const items: ItemSource[] = sources.map((source, i) => ({
    linked: source.linked,
    records: inputs[i]?.records ?? literals(source.from === "words" ? source.words : []),
  }));
  const all = new JobItems(items, columns, values.has("link"));
  return new ItemJobs(all, inputs, packer(values, template, file, environment, atOnce), skip);
}

function open(source: SourceSpec, boundary: Boundary): Input | undefined {
  if (source.from === "words") return undefined;
  if (source.from === "stdin") {
    const name = "standard input";
    return { fd: 0, name, records: new Splitter(boundary, name) };
  }
  const path = textFromBytes(source.path);
  const fd = moveUp(openFile(path, O_RDONLY), FLOOR.job);
  return { fd, name: path, records: new Splitter(boundary, path) };
}

function countRecords(input: Input, boundary: () => Boundary): Input {
  const { fd, records } = readAhead(input.fd, input.name, boundary());
  input.records.count = records;
  return { ...input, fd };
}

/** What ends a record, and the bytes of it. */
export function recordEnd(values: Values): { boundary: Boundary; terminator: Uint8Array } {
  const given = values.text("delimiter");
  if (values.has("null") && given !== undefined) {
    throw new UsageError("-0 and -d both say what ends an item: give one of them");
  }
  if (values.has("null")) return { boundary: NUL_RECORDS, terminator: new Uint8Array(1) };
  if (given === undefined) return { boundary: LINES, terminator: bytesOf("\n") };
  const terminator = parseDelimiter(given);
  return { boundary: delimiter(terminator), terminator };
}

/** What ends a record and what parts its columns. */
function shape(values: Values): { boundary: () => Boundary; columns: Columns | undefined } {
  const { boundary } = recordEnd(values);
  const colsep = values.text("colsep");
  if (values.has("csv")) {
    if (values.has("null") || values.text("delimiter") !== undefined) {
      throw new UsageError("--csv says what ends an item: leave out -0 and -d");
    }
    return csv(colsep);
  }
  return {
    boundary: () => boundary,
    columns: colsep === undefined ? undefined : columnsBy(colsep),
  };
}

function packer(
  values: Values,
  template: Template,
  file: string,
  environment: readonly Bytes[],
  atOnce: () => number,
): Packer {
  const count = values.text("max-args");
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count)) {
    throw new UsageError(`-n ${count}: not a number of items`, "write a whole number from 1 on");
  }
  const most = count !== undefined ? Number(count) : values.has("xargs") ? Infinity : 1;
  if (most === 1) return new Packer(template, { most, room: Infinity });
  // 64 bytes: the pool's tag, which jobs get besides.
  const words = [...environment.map(toBytes), bytesOf("x".repeat(64))];
  const room = argumentRoom(getLimit(RLIMIT_STACK).soft, words, bytesOf(file));
  return new Packer(template, { most, room, spread: values.has("xargs") ? atOnce : undefined });
}
