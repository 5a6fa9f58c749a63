import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, type Display, displayFrom, JSON_OPTION } from "../../cli/options.ts";
import type { Option } from "../../cli/options.ts";
import { print, printJson, styleFor } from "../../cli/output.ts";
import { UnknownWord } from "../../cli/parse.ts";
import { outputWidth } from "../../cli/width.ts";
import { CHECKS } from "../../doctor/checks.ts";
import { examine } from "../../doctor/doctor.ts";
import type { Finding } from "../../doctor/finding.ts";
import { doctorView } from "./view.ts";

const OPTIONS = [
  { name: "all", short: "a", summary: "print all findings, and what they mean" },
  JSON_OPTION,
] as const satisfies readonly Option[];

interface DoctorRequest {
  /** Names of checks; none: those that are not good. */
  readonly checks: readonly string[];
  readonly all: boolean;
  readonly display: Display;
}

export const doctorCommand: Command<DoctorRequest, typeof OPTIONS[number]> = {
  name: "doctor",
  usage: ["doctor [--all] [--json] [CHECK...]"],
  description: [
    "Checks this host, container or login for anything that causes trouble for daemons, and prints what needs " +
    "attention, with advice. With --all, or the names of checks, it also prints what is good and what each finding " +
    "means.",
    "It changes nothing. To find out whether PID 1 reaps, it creates an orphan that exits at once; everything else it " +
    "only reads.",
    "note: worth knowing. warning: will cause trouble sooner or later. problem: something does not work. " +
    "unknown: could not be determined; imp does not guess.",
  ],
  options: OPTIONS,
  permute: true,
  examples: [
    { line: "imp doctor", says: "is anything wrong here?" },
    { line: "imp doctor reaping logout", says: "everything about two checks" },
    { line: "imp doctor --quiet", says: "only an exit status: is there a problem?" },
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
    if (operands.length > 0 && values.has("all")) {
      throw new UsageError("--all and the names of checks cannot be used together");
    }
    const wrong = operands.find((name) => !CHECKS.includes(name));
    if (wrong) {
      throw new UnknownWord(
        `'${wrong}' is not a check`,
        wrong,
        CHECKS,
        "imp doctor --all lists them",
      );
    }
    return { checks: operands, all: values.has("all"), display: displayFrom(values) };
  },
  run: async ({ checks, all, display: { json, quiet, color } }) => {
    const findings = chosen(await examine(), checks);
    const bad = findings.some(({ grade }) => grade === "problem");
    if (json) printJson({ ok: !bad, findings });
    else if (!quiet) {
      const detailed = all || checks.length > 0;
      print(doctorView(findings, detailed, styleFor(color), outputWidth()).join("\n"));
    }
    return bad ? EXIT.no : EXIT.done;
  },
};

/** Among the checks; all if none is given. */
function chosen(findings: readonly Finding[], names: readonly string[]): readonly Finding[] {
  return names.length === 0 ? findings : findings.filter(({ check }) => names.includes(check));
}
