import type { Command } from "../cli/options.ts";
import { print } from "../cli/output.ts";

export const daemonCommand: Command = {
  name: "daemon",
  usage: ["daemon"],
  description: [],
  options: [],
  examples: [],
  run: () => {
    print("daemon");
    return 0;
  },
};
