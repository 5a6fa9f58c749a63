import type { Command } from "../../cli/options.ts";
import { RUNS_OPTIONS, type RunsOption } from "./options.ts";
import { type RunsRequest, runsRequest } from "./request.ts";

export const runsCommand: Command<RunsRequest, RunsOption> = {
  name: "runs",
  usage: [
    "runs [list | show | failures] --on URL [--queue NAME] [RUN...]",
    "runs pause | resume | cancel | retry | remove --on URL [--queue NAME] RUN... | --all",
    "runs set --on URL [--keep-age D] [--keep-size SIZE] [--rate N/D]",
    "runs prune --on URL [--keep-age D] [--keep-size SIZE]",
  ],
  description: [
    "Lists the runs of a queue, which imp pool --on submits, and acts on them. RUN is a name or the beginning of one.",
    "pause lets running jobs finish and starts no others until resume. cancel also ends running jobs, and records every remaining job as cancelled. retry submits again the jobs whose last attempt failed, as a new run; interrupted and repeated, it goes on with that. remove deletes a run that is over, with its results.",
    "set limits how long results are kept, how much space they take, and how many jobs start per unit of time; workers enforce it. prune removes at once what exceeds these limits. Both leave alone runs that are not over.",
  ],
  options: RUNS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp runs --on nats://q1", says: "all runs, and their progress" },
    { line: "imp runs failures --given-up --on nats://q1", says: "jobs that no worker survived" },
    { line: "imp runs pause 0mh3 --on nats://q1", says: "the run whose name begins with 0mh3" },
    {
      line: "imp runs set --keep-age 7d --keep-size 10G --on nats://q1",
      says: "keep results for a week, and at most 10 GiB of them",
    },
  ],
  exits: [
    ["0", "done"],
    ["1", "a run does not exist, or its state does not allow this"],
    ["125", "the servers cannot be reached, or refused the request"],
  ],
  request: runsRequest,
  run: async (request) => await (await import("./run.ts")).lookAtRuns(request),
};
