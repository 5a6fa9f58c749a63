import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Given, Option } from "../../cli/options.ts";
import { libc } from "../../libc/calling/load.ts";
import { keepClosedClosed } from "../../libc/descriptors/descriptors.ts";
import { blockChildSignal } from "../../libc/processes/child_wakeup.ts";
import { dieBy } from "../../libc/processes/die_by.ts";

const OPTIONS = [
  {
    name: "stdio",
    summary: "take jobs on stdin and answer on stdout, as imp pool over hosts has it",
  },
] as const satisfies readonly Option[];
type WorkerOption = typeof OPTIONS[number];

interface WorkerRequest {
  readonly by: "stdio";
}

export const workerCommand: Command<WorkerRequest, WorkerOption> = {
  name: "worker",
  usage: ["worker --stdio"],
  description: [
    "Runs jobs for an imp pool on another machine, which starts it by ssh. When the connection ends, everything that it has started is ended within a second, also where the worker itself is killed.",
  ],
  options: OPTIONS,
  examples: [
    { line: "ssh web1 imp worker --stdio", says: "what imp pool -S web1 does for you" },
  ],
  exits: [
    ["0", "the client has closed, and every job was answered; or it has gone"],
    ["125", "the client could not be understood, or imp itself failed"],
  ],
  request: workerRequest,
  run,
};

function workerRequest(values: Given<WorkerOption>, operands: readonly string[]): WorkerRequest {
  if (operands.length > 0) throw new UsageError(`'${operands[0]}' is too much`);
  if (!values.has("stdio")) {
    throw new UsageError("nobody to take jobs from is given", "imp pool starts it with --stdio");
  }
  return { by: "stdio" };
}

async function run(): Promise<number> {
  if (libc("isatty").isatty(0) === 1) {
    throw new ImpError({
      action: "take jobs from",
      object: "standard input",
      why: "it is a terminal",
      hint: "imp pool -S starts workers itself",
      exit: EXIT.usage,
    });
  }
  keepClosedClosed();
  blockChildSignal();
  const { serveClient } = await import("../../hosts/worker/serve.ts");
  const stop = await serveClient();
  return stop?.why === "signal" ? dieBy(stop.name) : EXIT.done;
}
