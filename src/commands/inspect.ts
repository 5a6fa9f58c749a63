import type { Command } from "../cli/options.ts";
import { print } from "../cli/output.ts";

export const inspectCommand: Command = {
  name: "inspect",
  usage: ["inspect"],
  description: [],
  options: [],
  examples: [],
  run: () => {
    print("inspect");
    return 0;
  },
};
