import { ImpError, UsageError } from "../../base/errors.ts";
import type { Values } from "../../cli/options.ts";
import { makeRuntimeDirectory, runtimeDirectory } from "../../daemon/runtime_directory.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import { EMPTY } from "../../pool/bytes.ts";
import { ItemJobs } from "../../pool/item_jobs.ts";
import { literals } from "../../pool/input.ts";
import { JobItems } from "../../pool/items.ts";
import { type Books, Ledger } from "../../pool/ledger.ts";
import { Packer } from "../../pool/packer.ts";
import type { Stop } from "../../pool/loop.ts";
import { CommandPool } from "../../pool/pool.ts";
import { checkSemaphoreName, takePlace } from "../../pool/semaphore.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { quoteWords } from "../../pool/quote.ts";
import { compileTemplate } from "../../pool/template.ts";
import { POOL_OPTIONS } from "./options.ts";
import { jobsFrom, noChildrenFrom, poolSettings, terminalFrom } from "./settings.ts";
import { Voice } from "./voice.ts";

/** Options that say something about one program, without items. */
const MEANINGFUL = new Set(
  "sem jobs timeout term-seq retries retry-delay retry-jitter retry-on nice no-children tty".split(
    " ",
  ),
);

/** `--sem NAME`: runs one program when fewer than `-j` others of that name run, with imp's own stdin, stdout and stderr. */
export async function runInTurn(
  values: Values,
  words: readonly Uint8Array[],
): Promise<{ stop: Stop | undefined; status: number }> {
  const other = POOL_OPTIONS.find(({ name }) => !MEANINGFUL.has(name) && isGiven(values, name));
  if (other) {
    throw new UsageError(`--sem runs one program, without items: leave out --${other.name}`);
  }
  const name = checkSemaphoreName(values.text("sem")!);
  const file = findProgram(
    wordText(words[0]),
    rawEnvironment(),
    workingDirectory(),
  );
  const folder = placesFolder();
  await takePlace(`${folder}/${name}`, jobsFrom(values.text("jobs") ?? "1"));
  const template = compileTemplate(words, { literal: true });
  const settings: PoolSettings = {
    ...poolSettings(values, file, template),
    noChildren: await noChildrenFrom(values),
    terminal: await terminalFrom(values),
    argv: () => words,
    jobs: 1,
    output: "none",
    keepStdin: true,
    // So that the status is the program's own.
    halt: { when: "now", on: "fail", threshold: { count: 1 } },
  };
  const voice = new Voice(values, "own");
  const books: Books = {
    json: false,
    command: () => quoteWords(words),
    warn: voice.warn,
    line: voice.line,
    naming: voice.naming,
  };
  const ledger = new Ledger(settings, books);
  const items = new JobItems([{ records: literals([EMPTY]), linked: false }]);
  const source = new ItemJobs(
    items,
    [undefined],
    new Packer(template, { most: 1, room: Infinity }),
    () => false,
  );
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

function isGiven(values: Values, name: string): boolean {
  return values.has(name) || values.text(name) !== undefined || values.texts(name).length > 0;
}
