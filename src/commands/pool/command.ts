import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { keepClosedClosed } from "../../libc/descriptors/descriptors.ts";
import { blockChildSignal } from "../../libc/processes/child_wakeup.ts";
import type { PoolRequest } from "./families.ts";
import { POOL_OPTIONS, type PoolOption } from "./options.ts";
import { runProcesses } from "./processes.ts";
import { poolRequest } from "./request.ts";
import { becomeNice, conclude, settled } from "./run.ts";

export const poolCommand: Command<PoolRequest, PoolOption> = {
  name: "pool",
  usage: [
    "pool [OPTIONS] [--] PROGRAM [ARG {}]...",
    "pool [OPTIONS] [--] PROGRAM [ARG {}]... ::: ITEM... [:::: FILE]...",
    "pool [OPTIONS] --shell 'SCRIPT with $1'",
    "pool --pipe [--block SIZE | -N N] [OPTIONS] [--] PROGRAM [ARG]...",
    "pool --workers [OPTIONS] [--] PROGRAM [ARG]...",
    "pool --call MODULE[#EXPORT] [OPTIONS] [::: ITEM...]",
    "pool --sem NAME [-j N] [--] PROGRAM [ARG]...",
  ],
  description: [
    "Runs PROGRAM once for each line of its input, several at once. Prints the output of each job when it has ended, " +
    "never mixed.",
    "{} stands for the item, {.} without its extension, {/} without its folder, {//} the folder, {/.} both off, {1} {2} ... for columns or sources, {#} for the number of the job, {%} for its slot. Without any of them the item is appended. Items are arguments, never parts of a script, so nothing has to be quoted.",
    "Items come from stdin, from files (-a FILE, :::: FILE) or from the command line (::: ITEM). Several sources are combined, each item with each; :::+ and ::::+ are linked with the source before them.",
    "When imp ends, even by kill -9, so does everything that it has started.",
  ],
  options: POOL_OPTIONS,
  examples: [
    { line: "find . -name '*.log' -print0 | imp pool -0 -- gzip -9", says: "one gzip per core" },
    {
      line: "imp pool -j8 -k --tag -- curl -sS :::: urls.txt",
      says: "eight at once, results in order",
    },
    {
      line: "imp pool -- convert {} {.}.webp ::: *.png",
      says: "the item, and the item without its extension",
    },
    {
      line: "seq 100 | imp pool --retries 3 --joblog run.log --resume-failed -- ./step",
      says: "continues where it stopped",
    },
    { line: "imp pool --shell 'wc -l < \"$1\"' ::: *.txt", says: "a script; the item is $1" },
    {
      line: "imp pool --pipe --block 10M -k gzip -1 < dump.sql > dump.sql.gz",
      says: "a stream in blocks of whole lines",
    },
    {
      line: "cut -f2 access.log | imp pool --workers -k -- ./lookup",
      says: "processes that stay; each answers a line with a line",
    },
    {
      line: "imp pool --call ./resize.ts#thumbnail ::: *.jpg",
      says: "a function of a TypeScript file, in warm processes",
    },
  ],
  exits: [
    ["0", "all jobs succeeded"],
    ["1-100", "that many jobs failed"],
    ["1", "also: a worker ended badly after its last record"],
    ["101", "more than 100 failed"],
    [
      "other",
      "with --halt ...,fail=1: that of the failed job; 124 if it timed out, 128+n by signal n",
    ],
    ["2", "wrong usage"],
    ["125", "imp itself failed, for example because the disk is full"],
    ["126", "PROGRAM cannot be executed, or MODULE cannot be loaded"],
    ["127", "PROGRAM or MODULE was not found"],
  ],
  request: poolRequest,
  run,
};

async function run(request: PoolRequest): Promise<number> {
  keepClosedClosed();
  try {
    return await runFamily(request);
  } catch (error) {
    // Here 1 means that one job failed.
    if (error instanceof ImpError && error.exit === EXIT.no) {
      throw error.with({ exit: EXIT.failed });
    }
    throw error;
  }
}

async function runFamily(request: PoolRequest): Promise<number> {
  if (request.family !== "semaphore") blockChildSignal();
  switch (request.family) {
    case "items":
    case "blocks":
      return await runProcesses(settled(request));
    case "attach": {
      const { runAttached } = await import("./attach.ts");
      return await runAttached(settled(request));
    }
    case "workers": {
      const { runWorkers } = await import("./workers.ts");
      return await runWorkers(settled(request));
    }
    case "semaphore": {
      const { runInTurn } = await import("./semaphore.ts");
      becomeNice(request.nice);
      const { stop, status } = await runInTurn(request);
      return conclude(stop, status);
    }
  }
}
