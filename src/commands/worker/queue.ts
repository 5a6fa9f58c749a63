import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { warn } from "../../cli/output.ts";
import { findOwner } from "../../daemon/owner.ts";
import { Permissions } from "../../hosts/worker/permissions.ts";
import { O_PATH, O_RDWR } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { describeEnding, waitFor } from "../../libc/processes/wait.ts";
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
  const words = ["worker", "--stdio", ...wordsOfRules(rules)];
  if (rules.user !== undefined && !tryAs(rules.user, words)) return EXIT.failed;
  const place = queuePlace(request.place);
  const stop = await workForQueue({
    ...request,
    access: queueAccess(place),
    queue: place.queue,
    slots: resolveJobs(parseJobs(jobs), usableCores(), mostJobs()),
    words,
    tell,
  });
  if (stop.why === "over") throw stop.error;
  return EXIT.done;
}

/** A worker whose children cannot start would take jobs until they are given up. @throws ImpError */
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
    // What is inaccessible to this user may be accessible to that one.
    const closed = error instanceof ImpError && error.errno === "EACCES";
    if (user === undefined || !closed) throw error;
  }
}

/**
 * Starts a worker process without a client: only the user itself can find out what is inaccessible to it.
 * @returns whether it can start; if not, it has said why
 * @throws ImpError if it was killed or cannot be started
 */
function tryAs(user: string, words: readonly string[]): boolean {
  const start = { action: "start a worker process as", object: user, exit: EXIT.failed };
  const [first, ...own] = runtime.selfCommand();
  const path = runtime.compiled ? ownFile() : first;
  const nothing = openFile("/dev/null", O_RDWR);
  const argv = [first, ...own, ...words];
  const descriptors = [[nothing, 0], [nothing, 1]] as const;
  const pid = spawn({ path, argv, env: rawEnvironment(), descriptors });
  closeFile(nothing);
  if (pid < 0) throw systemError(-pid, start.action, user, start);
  const ending = waitFor(pid)?.ending;
  if (ending?.how === "exit") return ending.code === EXIT.done;
  throw new ImpError({ ...start, why: ending ? describeEnding(ending) : "it is gone" });
}
