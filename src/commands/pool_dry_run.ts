import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { dieBy } from "../libc/die_by.ts";
import { writeAll } from "../libc/files.ts";
import { bytesOf, concat } from "../pool/bytes.ts";
import { quoteWords } from "../pool/quote.ts";
import type { JobSource, PoolSettings } from "../pool/settings.ts";
import { toBytes } from "./pool_input.ts";

const NEWLINE = bytesOf("\n");

/** Prints each command as a shell would read it back; slots are taken in turn. @returns the exit status */
export function dryRun(source: JobSource, settings: PoolSettings): number {
  try {
    return printAll(source, settings);
  } catch (error) {
    // The reader has seen enough.
    if (error instanceof ImpError && error.errno === "EPIPE") return dieBy("PIPE");
    throw error;
  }
}

function printAll(source: JobSource, settings: PoolSettings): number {
  for (let count = 0;;) {
    const job = source.next();
    if (job) {
      const slot = count++ % settings.jobs + 1;
      const words = settings.argv(job, slot).map(toBytes);
      writeAll(1, concat([quoteWords(words), NEWLINE]), "standard output");
      job.input?.release();
    } else if (source.ended) return EXIT.done;
    else source.read();
  }
}
