import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { probe } from "../../compare/probe.ts";

export const probeCommand: Command<{ readonly file: string }> = {
  name: "compare-probe",
  usage: ["compare-probe FILE"],
  description: [
    "For `imp compare`. Writes down in FILE, one JSON object a line, what it is, which signals reach it and what becomes of its output.",
  ],
  options: [],
  examples: [{
    line: "imp compare-probe /tmp/record",
    says: "what happens to a program started this way?",
  }],
  request: (_given, operands) => {
    if (operands.length !== 1) throw new UsageError("the probe needs one file for its record");
    return { file: operands[0] };
  },
  run: async ({ file }) => {
    await probe(file);
    return EXIT.done;
  },
};
