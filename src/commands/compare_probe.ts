import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command } from "../cli/options.ts";
import { guard } from "../compare/guard.ts";
import { probe } from "../compare/probe.ts";

export const probeCommand: Command = {
  name: "compare-probe",
  usage: ["compare-probe FILE", "compare-probe --guard TOKEN DIRECTORY"],
  description: [
    "For `imp compare`. Writes down in FILE, one JSON object a line, what it is, which signals reach it and what becomes of its output.",
    "With --guard it waits until standard input ends, which means that `imp compare` is gone, then kills what was started and removes DIRECTORY.",
  ],
  options: [{ name: "guard", summary: "be the guard of a comparison" }],
  examples: [{
    line: "imp compare-probe /tmp/record",
    says: "what happens to a program started this way?",
  }],
  run: async (values, operands) => {
    const [first, second] = operands;
    if (values.has("guard")) {
      if (operands.length !== 2) throw new UsageError("a guard needs a token and a directory");
      await guard({ token: first, directory: second });
    } else {
      if (operands.length !== 1) throw new UsageError("the probe needs one file for its record");
      await probe(first);
    }
    return EXIT.done;
  },
};
