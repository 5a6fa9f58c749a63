import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, type Display, displayFrom, JSON_OPTION } from "../../cli/options.ts";
import { print, styleFor } from "../../cli/output.ts";
import { outputWidth } from "../../cli/width.ts";
import { examine } from "../../doctor/doctor.ts";
import { doctorView } from "./view.ts";

export const doctorCommand: Command<Display, typeof JSON_OPTION> = {
  name: "doctor",
  usage: ["doctor [--json]"],
  description: [
    "Examines this host, container or login: what is here that decides how daemons fare, and what it means for them. " +
    "Whether PID 1 reaps is tried with an orphan of its own, which ends at once; everything else is only read.",
    "good: as it should be. note: worth knowing. warning: will bite sooner or later. problem: something does not work. " +
    "unknown: could not be found out; nothing is guessed.",
  ],
  options: [JSON_OPTION],
  examples: [
    { line: "imp doctor", says: "the whole examination" },
    { line: "imp doctor --quiet", says: "only by the exit status: is there a problem?" },
    {
      line: "imp doctor --json | jq -r '.findings[] | select(.grade == \"problem\") | .fact'",
      says: "for a script (docs/doctor.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "no problem was found"],
    ["1", "there is a problem"],
  ],
  request: (values, operands) => {
    if (operands.length > 0) throw new UsageError(`unexpected word '${operands[0]}'`);
    return displayFrom(values);
  },
  run: async ({ json, quiet, color }) => {
    const findings = await examine();
    const bad = findings.some(({ grade }) => grade === "problem");
    if (json) print(JSON.stringify({ ok: !bad, findings }));
    else if (!quiet) {
      print(doctorView(findings, styleFor(color), outputWidth()).join("\n"));
    }
    return bad ? EXIT.no : EXIT.done;
  },
};
