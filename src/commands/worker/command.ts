import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import type { Permissions } from "../../hosts/worker/permissions.ts";
import { libc } from "../../libc/calling/load.ts";
import { keepClosedClosed } from "../../libc/descriptors/descriptors.ts";
import { blockChildSignal } from "../../libc/processes/child_wakeup.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { WORKER_OPTIONS, type WorkerOption } from "./options.ts";
import { type StdioWorkerRequest, type WorkerRequest, workerRequest } from "./request.ts";
import { wordsOfRules, type WorkerRules } from "./rules.ts";

export const workerCommand: Command<WorkerRequest, WorkerOption> = {
  name: "worker",
  usage: [
    "worker --on URL [--queue NAME] --allow PROGRAM|DIR... | --allow-calls | --allow-any [-j N] [--drain]",
    "worker --stdio [--allow PROGRAM|DIR]... [--user USER] [--workdir DIR]",
  ],
  description: [
    "Takes jobs from a queue, which imp pool --on fills, and records their results: every job that the queue has acknowledged is executed at least once, and its result is recorded exactly once. On SIGTERM the worker finishes its running jobs and leaves; on a second SIGTERM it ends them, and other workers run them again. If it is killed, no process of its jobs is left, and other workers get them after --ack-wait.",
    "With --stdio it runs jobs for an imp pool on another machine, which starts it by ssh. Everything that it has started ends within a second of the end of the connection, even if the worker itself is killed.",
    "Anyone who can send jobs to a worker runs programs as its user. With --allow it runs only the named programs, and refuses jobs that set variables other than PARALLEL_* and those of --allow-env.",
  ],
  options: WORKER_OPTIONS,
  examples: [
    {
      line: "imp worker --on nats://q1,q2,q3 --allow /opt/jobs -j 8",
      says: "eight jobs at a time from the queue default",
    },
    { line: "ssh web1 imp worker --stdio", says: "what imp pool -S web1 does for you" },
    {
      line: 'command="imp worker --stdio --allow /opt/jobs" ssh-ed25519 AAAA...',
      says: "in authorized_keys: a key for these jobs and nothing else",
    },
  ],
  exits: [
    ["0", "--stdio: the connection has ended; --on: the worker has left the queue"],
    ["125", "the queue cannot be used, the client sent nonsense, or imp itself failed"],
  ],
  request: workerRequest,
  run,
};

async function run(request: WorkerRequest): Promise<number> {
  keepClosedClosed();
  if (request.by === "stdio") return await serveStdio(request);
  const { workOnQueue } = await import("./queue.ts");
  return await workOnQueue(request);
}

async function serveStdio({ rules }: StdioWorkerRequest): Promise<number> {
  if (libc("isatty").isatty(0) === 1) {
    throw new ImpError({
      action: "take jobs from",
      object: "standard input",
      why: "it is a terminal",
      hint: "imp pool -S starts workers itself",
      exit: EXIT.usage,
    });
  }
  await take(rules);
  blockChildSignal();
  const { serveClient } = await import("../../hosts/worker/serve.ts");
  const stop = await serveClient(await permissionsOf(rules));
  return stop?.why === "signal" ? dieBy(stop.name) : EXIT.done;
}

/** Becomes the user that the rules name, if they do. */
async function take(rules: WorkerRules): Promise<void> {
  const { user, workdir } = rules;
  if (user !== undefined) {
    const { goOnAs } = await import("./become.ts");
    goOnAs(user, ["worker", "--stdio", ...wordsOfRules({ ...rules, user: undefined })]);
  }
  if (workdir === undefined) return;
  const { enterDirectory } = await import("./become.ts");
  enterDirectory(workdir);
}

async function permissionsOf({ permissions }: WorkerRules): Promise<Permissions | undefined> {
  if (!permissions) return undefined;
  const { grant } = await import("../../hosts/worker/permissions.ts");
  return grant(permissions, (text) => warn(`imp worker: ${text}`));
}
