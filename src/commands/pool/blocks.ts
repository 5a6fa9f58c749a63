import { BlockJobs } from "../../pool/source/block_jobs.ts";
import { bytesOf, concat } from "../../pool/bytes.ts";
import { PartJobs } from "../../pool/source/part_jobs.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import type { JobSource } from "../../pool/settings.ts";
import type { Job } from "../../pool/types.ts";
import type { BlocksRequest } from "./families.ts";
import { openInput } from "./input.ts";

/** The blocks of the input as jobs. @param skip whether to leave out a job because it is done already */
export function blockSource(
  { file, rule, inParts }: BlocksRequest,
  skip: (job: Job) => boolean,
): JobSource {
  if (inParts) return new PartJobs(file!, rule, skip);
  const { fd, name } = openInput(file);
  return new BlockJobs(fd, name, rule, skip);
}

/** Tags each line with its block. */
export function blockTag({ seq }: Job): Uint8Array {
  return bytesOf(`${seq}\t`);
}

/** The command, with a comment that identifies the block. */
export function blockIdentity(words: readonly Uint8Array[]): (job: Job) => Uint8Array {
  const line = quoteWords(words);
  return ({ input }) => concat([line, bytesOf(` # ${input!.size} bytes ${input!.digest}`)]);
}
