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
    "Looks at the runs of a queue, which imp pool --on submits, and acts on them. RUN is a name or its beginning.",
    "pause lets running jobs end and starts no others until resume. cancel ends what runs, too; every job then has its end. retry submits the jobs again whose last attempt did not succeed. remove forgets a run that is over, with its results.",
    "set says how long results are kept, how much room they take, and how many jobs are started in which time; workers keep to it. prune removes what is too much now. Nothing is removed of runs that are not over.",
  ],
  options: RUNS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp runs --on nats://q1", says: "all runs, and how far they are" },
    { line: "imp runs failures --given-up --on nats://q1", says: "jobs that no worker survived" },
    { line: "imp runs pause 0mh3 --on nats://q1", says: "the run whose name begins so" },
    {
      line: "imp runs set --keep-age 7d --keep-size 10G --on nats://q1",
      says: "results are kept for a week, and take 10 GiB at most",
    },
  ],
  exits: [
    ["0", "done"],
    ["1", "a run is not known, or is not in a state for it"],
    ["125", "the servers cannot be reached, or refuse it"],
  ],
  request: runsRequest,
  run: async (request) => await (await import("./run.ts")).lookAtRuns(request),
};
