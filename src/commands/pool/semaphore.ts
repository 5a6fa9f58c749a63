import { ImpError } from "../../base/errors.ts";
import { makeRuntimeDirectory, runtimeDirectory } from "../../daemon/runtime_directory.ts";
import { EMPTY } from "../../pool/bytes.ts";
import { ItemJobs, SingleItems } from "../../pool/source/item_jobs.ts";
import { literals } from "../../pool/source/input.ts";
import { type Books, Ledger } from "../../pool/account/ledger.ts";
import type { Stop } from "../../pool/loop.ts";
import { CommandPool } from "../../pool/pool.ts";
import { takePlace } from "../../pool/semaphore.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import type { SemaphoreRequest } from "./families.ts";
import { fileOf } from "./processes.ts";
import { jobsAtOnce, programSettings } from "./run.ts";
import { Voice } from "./progress.ts";

/**
 * `--sem NAME`: runs one program once fewer than `-j` others of that name run, with imp's own stdin, stdout and stderr.
 */
export async function runInTurn(
  request: SemaphoreRequest,
): Promise<{ stop: Stop | undefined; status: number }> {
  const { name, words } = request;
  const file = fileOf(words, undefined, false);
  const folder = placesFolder();
  await takePlace(`${folder}/${name}`, jobsAtOnce(request.jobs));
  const settings: PoolSettings = {
    ...await programSettings(request),
    ...{ file, argv: () => words, jobLimit: { value: 1 }, delay: 0 },
    ...{ output: "none", inOrder: false, silent: false },
    keepStdin: true,
    // Then the exit status is the program's own.
    halt: { when: "now", on: "fail", threshold: { count: 1 } },
  };
  const voice = new Voice(request, "own");
  const books: Books = {
    json: false,
    command: () => quoteWords(words),
    warn: voice.warn,
    line: voice.line,
    naming: voice.naming,
  };
  const ledger = new Ledger(settings, books);
  const items = new SingleItems(literals([EMPTY]));
  const source = new ItemJobs(items, [undefined], undefined, () => false);
  const idle = { next: () => Infinity, tick: () => {}, makeRoom: () => {} };
  const stop = await new CommandPool(settings, source, ledger, idle).run();
  return { stop, status: ledger.status(1) };
}

/** @throws ImpError */
function placesFolder(): string {
  try {
    const folder = `${runtimeDirectory()}/sem`;
    makeRuntimeDirectory(folder);
    return folder;
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    throw error.with({ hint: "set IMP_HOME to a directory of your own: places are files in it" });
  }
}
