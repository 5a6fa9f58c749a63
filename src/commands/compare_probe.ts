import type { Command } from "../cli/options.ts";
import { print } from "../cli/output.ts";

export const probeCommand: Command = {
  name: "compare-probe",
  usage: ["compare"],
  description: [],
  options: [],
  examples: [],
  run: () => {
    print("compare");
    return 0;
  },
};
