import { EXIT } from "../../base/exit_codes.ts";
import { printBytes } from "../../cli/output.ts";
import { isBlock } from "../../libc/processes/word_block.ts";
import { bytesOf, concat } from "../../pool/bytes.ts";
import { quoteWords } from "../../pool/quote.ts";
import type { JobSource, PoolSettings } from "../../pool/settings.ts";
import { toBytes } from "./request_input.ts";

const NEWLINE = bytesOf("\n");

/** Prints each command as a shell would read it back; slots are taken in turn. @returns the exit status */
export function dryRun(source: JobSource, settings: PoolSettings): number {
  for (let count = 0;;) {
    const job = source.next();
    if (job) {
      const slot = count++ % settings.jobLimit.value + 1;
      const words = settings.argv(job, slot).flatMap((word) =>
        isBlock(word) ? word.words() : toBytes(word)
      );
      printBytes(concat([quoteWords(words), NEWLINE]));
      job.input?.release();
    } else if (source.ended) return EXIT.done;
    else source.read();
  }
}
