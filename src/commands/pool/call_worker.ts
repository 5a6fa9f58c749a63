import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Values } from "../../cli/options.ts";
import { useProgramModule } from "../../multiprocessing/process/calling_module.ts";
import { provideLibrary } from "../../multiprocessing/process/library_name.ts";
import { loadFunction, moduleUrl } from "../../multiprocessing/process/load_function.ts";
import { serveCalls } from "../../pool/workers/call_worker.ts";

export const poolCallWorkerCommand: Command = {
  name: "pool-call-worker",
  usage: ["pool-call-worker MODULE [EXPORT]"],
  description: ["Started by imp pool --call, and by nobody else: calls a function for it."],
  options: [{ name: "json-args", summary: "arguments are JSON" }],
  examples: [],
  run,
};

async function run(values: Values, [module, name]: string[]): Promise<number> {
  if (!module) throw new UsageError("no module given");
  provideLibrary(() => import("../../mod.ts"));
  useProgramModule(moduleUrl(module));
  await serveCalls(() => loadFunction(module, name), values.has("json-args"));
  return EXIT.done;
}
