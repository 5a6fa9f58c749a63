import type { Command } from "../cli/options.ts";
import { print } from "../cli/output.ts";

export const compareCommand: Command = {
  name: "compare",
  usage: ["compare"],
  description: [],
  options: [],
  examples: [],
  run: () => {
    print("compare");
    return 0;
  },
};
