import { textFromBytes } from "../../base/byte_text.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { O_RDONLY } from "../../libc/abi.ts";
import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Values } from "../../cli/options.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import { BlockJobs, type BlockRule } from "../../pool/block_jobs.ts";
import { bytesOf, concat, EMPTY } from "../../pool/bytes.ts";
import { parseDelimiter } from "../../pool/input.ts";
import { quoteWords } from "../../pool/quote.ts";
import type { JobSource, PoolSettings } from "../../pool/settings.ts";
import type { SourceSpec } from "../../pool/sources.ts";
import { findPlaceholder } from "../../pool/template_parse.ts";
import type { Job } from "../../pool/types.ts";
import { recordEnd, toBytes } from "./input.ts";

const DEFAULT_SIZE = 1 << 20;
const MOST_SIZE = 1 << 30;

/** Options that are about items, of which there are none. */
const NOT_WITH_PIPE = ["link", "colsep", "csv", "max-args", "xargs", "replace", "stdin"];

/** The blocks of the input as jobs. @param skip whether a job is left out: it is done already */
export function blockSource(
  values: Values,
  command: readonly Uint8Array[],
  marked: readonly SourceSpec[],
  skip: (job: Job) => boolean,
): JobSource {
  const other = NOT_WITH_PIPE.find((name) => values.has(name) || values.text(name) !== undefined);
  if (other) {
    const hint = other === "max-args" ? "-N says how many records a block has" : undefined;
    throw new UsageError(`--pipe and --${other} contradict each other`, hint);
  }
  if (marked.length > 0) {
    throw new UsageError("--pipe splits standard input, or one file with -a", "leave out :::");
  }
  for (const word of values.has("shell") ? [] : command) {
    const found = findPlaceholder(word);
    if (found && found !== "{#}" && found !== "{%}") {
      throw new UsageError(`--pipe gives a block on standard input: ${found} cannot be used too`);
    }
  }
  const files = values.texts("arg-file").map((path) => toBytes(rawWord(path)));
  if (files.length > 1) throw new UsageError("--pipe splits one file");
  const { fd, name } = files.length === 0 ? { fd: 0, name: "standard input" } : opened(files[0]);
  return new BlockJobs(fd, name, ruleFrom(values), skip);
}

/** What else is different with blocks. */
export function pipeSettings(settings: PoolSettings): PoolSettings {
  return { ...settings, tag: settings.tag && (({ seq }) => bytesOf(`${seq}\t`)) };
}

/** The command, and as a comment what tells the block from others. */
export function blockIdentity(words: readonly Uint8Array[]): (job: Job) => Uint8Array {
  const line = quoteWords(words);
  return ({ input }) => concat([line, bytesOf(` # ${input!.size} bytes ${input!.digest}`)]);
}

function opened(path: Uint8Array): { fd: number; name: string } {
  const name = textFromBytes(path);
  if (name === "-") return { fd: 0, name: "standard input" };
  return { fd: moveUp(openFile(name, O_RDONLY), FLOOR.job), name };
}

function ruleFrom(values: Values): BlockRule {
  const size = values.text("block");
  const records = values.text("records");
  if (size !== undefined && records !== undefined) {
    throw new UsageError("--block and -N both say how large a block is: give one of them");
  }
  const shape = shapeFrom(values);
  const digests = values.text("joblog") !== undefined;
  if (records !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(records)) {
      throw new UsageError(
        `-N ${records}: not a number of records`,
        "write a whole number from 1 on",
      );
    }
    return { shape, size: Infinity, records: Number(records), digests };
  }
  const bytes = size === undefined ? DEFAULT_SIZE : parseSize(size);
  if (bytes < 1 || bytes > MOST_SIZE) {
    throw new UsageError(`--block ${size}: not between 1 and 1G`, "write for example 64K or 10M");
  }
  return { shape, size: bytes, records: Infinity, digests };
}

function shapeFrom(values: Values): BlockRule["shape"] {
  const end = values.text("recend");
  const start = values.text("recstart");
  const delimited = values.has("null") || values.text("delimiter") !== undefined;
  if (end !== undefined && delimited) {
    throw new UsageError("--recend, -0 and -d all say what ends a record: give one of them");
  }
  const { terminator } = recordEnd(values);
  return {
    end: end !== undefined
      ? parseDelimiter(end)
      : start === undefined || delimited
      ? terminator
      : EMPTY,
    start: start === undefined ? EMPTY : parseDelimiter(start),
  };
}
