import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command, Values } from "../cli/options.ts";
import { endPool } from "../pool/guard_process.ts";

export const poolGuardCommand: Command = {
  name: "pool-guard",
  usage: ["pool-guard ID"],
  description: [
    "Started by imp pool, and by nobody else: ends the jobs of a pool whose imp was killed.",
  ],
  options: [],
  examples: [],
  run,
};

async function run(_values: Values, [id]: string[]): Promise<number> {
  if (!id) throw new UsageError("no pool given");
  await endPool(id);
  return EXIT.done;
}
