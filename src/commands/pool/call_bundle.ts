import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Option } from "../../cli/options.ts";
import { printBytes } from "../../cli/output.ts";
import { moduleUrl } from "../../multiprocessing/process/load_function.ts";
import { bundleAnswer } from "../../pool/workers/call_bundle.ts";

const OPTIONS = [] as const satisfies readonly Option[];
type CallBundleOption = typeof OPTIONS[number];

interface CallBundleRequest {
  readonly module: string;
}

export const poolCallBundleCommand: Command<CallBundleRequest, CallBundleOption> = {
  name: "pool-call-bundle",
  usage: ["pool-call-bundle MODULE"],
  description: ["Started by imp pool --call: makes one file of a module and all that it imports."],
  options: OPTIONS,
  examples: [],
  request: (_values, [module]) => {
    if (!module) throw new UsageError("no module given");
    return { module };
  },
  run: async ({ module }) => {
    const path = decodeURIComponent(new URL(moduleUrl(module)).pathname);
    printBytes(await bundleAnswer(module, path));
    return EXIT.done;
  },
};
