import { EXIT } from "../../base/exit_codes.ts";
import { warn } from "../../cli/output.ts";
import { mostJobs, parseJobs, resolveJobs, usableCores } from "../../pool/jobs_setting.ts";
import { workForQueue } from "../../queue/worker/queue_worker.ts";
import { queueAccess, queuePlace } from "../queues/place.ts";
import type { QueueWorkerRequest } from "./request.ts";
import { wordsOfRules } from "./rules.ts";

/** `imp worker --on`. @returns the exit status @throws ImpError */
export async function workOnQueue(request: QueueWorkerRequest): Promise<number> {
  const { rules, jobs } = request;
  const place = queuePlace(request.place);
  const tell = (text: string) => warn(`imp worker: ${text}`);
  const stop = await workForQueue({
    ...request,
    access: queueAccess(place),
    queue: place.queue,
    slots: resolveJobs(parseJobs(jobs), usableCores(), mostJobs()),
    words: ["worker", "--stdio", ...wordsOfRules(rules)],
    tell,
  });
  if (stop.why === "over") throw stop.error;
  return EXIT.done;
}
