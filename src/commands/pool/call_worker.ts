import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Given, Option } from "../../cli/options.ts";
import { useProgramModule } from "../../multiprocessing/process/calling_module.ts";
import { provideLibrary } from "../../multiprocessing/process/current.ts";
import { loadFunction, moduleUrl } from "../../multiprocessing/process/load_function.ts";
import { serveCalls } from "../../pool/workers/call_worker.ts";

const OPTIONS = [
  { name: "json-args", summary: "arguments are JSON" },
] as const satisfies readonly Option[];
type CallWorkerOption = typeof OPTIONS[number];

interface CallWorkerRequest {
  readonly module: string;
  /** The function's name in the module; its default export otherwise. */
  readonly name?: string;
  readonly jsonArguments: boolean;
}

export const poolCallWorkerCommand: Command<CallWorkerRequest, CallWorkerOption> = {
  name: "pool-call-worker",
  usage: ["pool-call-worker MODULE [EXPORT]"],
  description: ["Started by imp pool --call: calls a function for it."],
  options: OPTIONS,
  examples: [],
  request: callWorkerRequest,
  run,
};

function callWorkerRequest(
  values: Given<CallWorkerOption>,
  [module, name]: readonly string[],
): CallWorkerRequest {
  if (!module) throw new UsageError("no module given");
  return { module, name, jsonArguments: values.has("json-args") };
}

async function run({ module, name, jsonArguments }: CallWorkerRequest): Promise<number> {
  provideLibrary(() => import("../../mod.ts"));
  useProgramModule(moduleUrl(module));
  await serveCalls(() => loadFunction(module, name), jsonArguments);
  return EXIT.done;
}
