import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { warn } from "../../cli/output.ts";
import { findOwner } from "../../daemon/owner.ts";
import { Permissions } from "../../hosts/worker/permissions.ts";
import { O_PATH } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import { mostJobs, parseJobs, resolveJobs, usableCores } from "../../pool/rules/jobs_setting.ts";
import { checkWorkerTag } from "../../queue/lanes.ts";
import { workForQueue } from "../../queue/worker/queue_worker.ts";
import { runtime } from "../../runtime/mod.ts";
import { queueAccess, queuePlace } from "../queues/place.ts";
import type { QueueWorkerRequest } from "./request.ts";
import { wordsOfRules, type WorkerRules } from "./rules.ts";

/** `imp worker --on`. @returns the exit status @throws ImpError */
export async function workOnQueue(request: QueueWorkerRequest): Promise<number> {
  const { rules, jobs } = request;
  runtime.compileSoon();
  const tell = (text: string) => warn(`imp worker: ${text}`);
  for (const tag of request.tags) checkWorkerTag("--tag", tag);
  checkRules(rules, tell);
  const place = queuePlace(request.place);
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

/** A worker whose children cannot begin would take jobs until they are given up. @throws ImpError */
function checkRules(
  { permissions, user, workdir }: WorkerRules,
  tell: (text: string) => void,
): void {
  if (user !== undefined) findOwner(user);
  const current = workingDirectory();
  const here = workdir === undefined ? current : absolute(workdir, current);
  try {
    const fd = tryOpen(here, O_PATH | O_DIRECTORY);
    if (fd < 0) throw systemError(-fd, "work in", workdir ?? here, { exit: EXIT.failed });
    closeFile(fd);
    if (permissions) new Permissions(permissions, rawEnvironment(), here, tell);
  } catch (error) {
    // What is closed to this user may be open to that one.
    const closed = error instanceof ImpError && error.errno === "EACCES";
    if (user === undefined || !closed) throw error;
  }
}
