import { textFromBytes } from "../../base/byte_text.ts";
import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Given } from "../../cli/options.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { BlockRule } from "../../pool/source/block_jobs.ts";
import type { FilterRules } from "../../pool/source/record_filters.ts";
import { bytesOf, EMPTY } from "../../pool/bytes.ts";
import { type Columns, columnsBy, columnsOfLines, csv } from "../../pool/source/columns.ts";
import {
  type Boundary,
  delimiter,
  LINES,
  NUL_RECORDS,
  parseDelimiter,
} from "../../pool/source/input.ts";
import { cutsAt, cutsMatching, type RecordCuts } from "../../pool/source/record_cuts.ts";
import { parseHeader } from "../../pool/source/stream_header.ts";
import { fileSources, type SourceSpec } from "../../pool/source/sources.ts";
import type { BlocksRequest, ItemInput } from "./families.ts";
import type { PoolOption } from "./options.ts";

const STDIN: SourceSpec = { from: "stdin", linked: false };
const DEFAULT_BLOCK = 1 << 20;
const LARGEST_BLOCK = 1 << 30;

export function toBytes(word: Bytes): Uint8Array {
  return typeof word === "string" ? bytesOf(word) : word;
}

/** Where items come from. @param marked sources given by `:::` and the like @throws UsageError */
export function itemInput(
  values: Given<PoolOption>,
  marked: readonly SourceSpec[],
): ItemInput {
  const given = [...filesFrom(values), ...marked];
  const sources = given.length > 0 ? given : [STDIN];
  if (sources.filter(({ from }) => from === "stdin").length > 1) {
    throw new UsageError("standard input can be read only once");
  }
  const spread = values.has("context") || values.has("multiple");
  const count = itemsOfAJob(values);
  return {
    sources,
    linked: values.has("link"),
    ...shapeFrom(values),
    filters: filtersFrom(values),
    header: namesColumns(values.text("header")),
    shuffled: values.has("shuf"),
    maxChars: maxChars(values.text("max-chars")),
    most: count !== undefined ? Math.max(1, count) : spread || values.has("xargs") ? Infinity : 1,
    spread,
  };
}

function namesColumns(header: string | undefined): boolean {
  if (header === undefined || header === ":") return header !== undefined;
  throw new UsageError(
    `--header ${header}: without --pipe it is ':', the first line of each source`,
  );
}

/** A single empty item. @throws UsageError if there are others */
export function oneWithout(
  values: Given<PoolOption>,
  marked: readonly SourceSpec[],
): readonly SourceSpec[] {
  if (marked.length > 0 || values.texts("arg-file").length > 0) {
    throw new UsageError("--nonall takes no items", "--onall runs each item's job on every host");
  }
  return [{ from: "words", words: [EMPTY], linked: false }];
}

function filtersFrom(values: Given<PoolOption>): FilterRules {
  const end = values.text("eof");
  const lines = values.text("max-lines") !== undefined;
  return {
    end: end === undefined || end === "" ? undefined : toBytes(rawWord(end)),
    joined: lines,
    noBlank: lines || values.has("no-run-if-empty"),
  };
}

function maxChars(text: string | undefined): number {
  return text === undefined ? Infinity : wholeNumber("-s", text, 1, "bytes");
}

/** The value of -n, -N or -L; 0: one item, which does not appear in the command. */
export function itemsOfAJob(values: Given<PoolOption>): number | undefined {
  for (
    const [name, shown] of [["max-args", "-n"], ["records", "-N"], ["max-lines", "-L"]] as const
  ) {
    const text = values.text(name);
    if (text !== undefined) return wholeNumber(shown, text, 0, "items");
  }
  return undefined;
}

/** The stream to split, and how. @throws UsageError */
export function blockInput(
  values: Given<PoolOption>,
  marked: readonly SourceSpec[],
): Pick<BlocksRequest, "file" | "rule" | "inParts"> {
  const inParts = values.has("pipepart");
  const option = inParts ? "--pipepart" : "--pipe";
  if (marked.some(({ from }) => from === "words")) {
    const what = inParts ? "one file, with -a" : "standard input, or one file with -a";
    throw new UsageError(`${option} splits ${what}`, "leave out :::");
  }
  const [source = STDIN, second] = [...filesFrom(values), ...marked];
  if (second) throw new UsageError(`${option} splits one file`);
  const file = source.from === "file" ? textFromBytes(source.path) : undefined;
  if (inParts && file === undefined) {
    throw new UsageError("--pipepart needs the file that is split: -a FILE");
  }
  return { file, inParts, rule: ruleFrom(values) };
}

function filesFrom(values: Given<PoolOption>): readonly SourceSpec[] {
  const files = values.texts("arg-file").map((path) => toBytes(rawWord(path)));
  return fileSources(files, false);
}

/** What ends a record, and what separates its columns. */
function shapeFrom(
  values: Given<PoolOption>,
): { boundary: () => Boundary; terminator: Uint8Array; columns?: Columns } {
  const terminator = terminatorFrom(values);
  const colsep = values.text("colsep") ??
    (values.given("header") && !values.has("csv") ? "\t" : undefined);
  if (values.has("csv")) return { ...csv(colsep), terminator };
  const boundary = values.has("null")
    ? NUL_RECORDS
    : values.given("delimiter")
    ? delimiter(terminator)
    : LINES;
  if (colsep === undefined) return { boundary: () => boundary, terminator };
  const columns = columnsBy(colsep);
  const ofLines = boundary === LINES ? columnsOfLines(columns) : columns;
  return { boundary: () => boundary, terminator, columns: ofLines };
}

/** The bytes that end a record. */
function terminatorFrom(values: Given<PoolOption>): Uint8Array {
  const given = values.text("delimiter");
  if (given !== undefined) return parseDelimiter(given);
  return values.has("null") ? new Uint8Array(1) : bytesOf("\n");
}

function ruleFrom(values: Given<PoolOption>): BlockRule {
  const records = values.text("records");
  const common = {
    cuts: blockCuts(values),
    header: headerFrom(values.text("header")),
    digests: values.text("joblog") !== undefined,
  };
  if (records !== undefined) {
    return { ...common, size: Infinity, records: wholeNumber("-N", records, 1) };
  }
  return { ...common, size: blockSize(values.text("block")), records: Infinity };
}

function headerFrom(text: string | undefined): BlockRule["header"] {
  return text === undefined ? undefined : compiled("--header", text, () => parseHeader(text));
}

/** @throws UsageError for an invalid regular expression */
function compiled<T>(option: string, text: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${option} '${text}': not a regular expression`, error.message);
  }
}

function blockSize(text: string | undefined): number {
  const bytes = text === undefined ? DEFAULT_BLOCK : parseSize(text);
  if (bytes >= 1 && bytes <= LARGEST_BLOCK) return bytes;
  throw new UsageError(`--block ${text}: not between 1 and 1G`, "write for example 64K or 10M");
}

function blockCuts(values: Given<PoolOption>): RecordCuts {
  const end = values.text("recend");
  const start = values.text("recstart");
  const delimited = values.has("null") || values.given("delimiter");
  const ended = start === undefined || delimited;
  if (!values.has("regexp")) {
    const bytes = end !== undefined ? edge(end) : ended ? terminatorFrom(values) : EMPTY;
    return cutsAt(bytes, edge(start ?? ""));
  }
  if (delimited) {
    throw new UsageError("--regexp is about --recend and --recstart: leave out -0, -d");
  }
  if (end === undefined && start === undefined) {
    throw new UsageError("--regexp needs --recend or --recstart");
  }
  const [ends = "", starts = ""] = [end, start];
  if (ends + starts === "") throw new UsageError("--recend and --recstart must not be empty");
  return compiled(
    "--regexp",
    [ends, starts].filter((text) => text !== "").join("' '"),
    () => cutsMatching(ends, starts),
  );
}

/** An end or start of records; empty: there is none. */
function edge(text: string): Uint8Array {
  return text === "" ? EMPTY : parseDelimiter(text);
}

/** @param option as the user writes it @throws UsageError */
export function wholeNumber(
  option: string,
  text: string,
  least: number,
  what = "records",
): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number >= least) return number;
  throw new UsageError(
    `${option} ${text}: not a number of ${what}`,
    `write a whole number from ${least} on`,
  );
}
