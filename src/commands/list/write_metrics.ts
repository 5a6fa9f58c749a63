import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { printLine } from "../../cli/output.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { writeWhole } from "../../libc/descriptors/whole_file.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import type { Listing } from "./collect.ts";
import { listMetrics } from "./metrics.ts";
import { warnOfUnknown } from "./unknown.ts";

/** Whoever collects them is another user. */
const MODE = 0o644;

/**
 * Prints the metrics, or puts them into a file that a reader always finds complete, the old one or the new one.
 * @throws ImpError if they could not be written: the old file stays
 */
export function writeMetrics(listing: Listing, file: string | undefined): number {
  warnOfUnknown(listing);
  const text = listMetrics(listing.daemons);
  if (file === undefined) printLine(text);
  else writeFile(absolute(file, workingDirectory()), text);
  return listing.unknown.length > 0 ? EXIT.no : EXIT.done;
}

function writeFile(path: string, text: string): void {
  const status = statPath(path);
  // A terminal, a pipe, /dev/null: what is not a file must not become one.
  if (typeof status !== "string" && status.kind !== "file") {
    throw new ImpError({
      ...{ action: "write", object: path, why: `it is not a plain file (${status.kind})` },
      hint: "without --output, metrics go to standard output",
      exit: EXIT.failed,
    });
  }
  writeWhole(path, text, { mode: MODE });
}
