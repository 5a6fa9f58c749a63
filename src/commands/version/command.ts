import { EXIT } from "../../base/exit_codes.ts";
import { UsageError } from "../../base/errors.ts";
import { type Command, JSON_OPTION, type Option } from "../../cli/options.ts";
import { print, printJson } from "../../cli/output.ts";
import { alignColumns } from "../../cli/table.ts";
import { VERSION } from "../../version.ts";
import { builtFrom } from "./build.ts";

const OPTIONS = [
  JSON_OPTION,
  {
    name: "verify",
    summary: "check that the executable is exactly what was built, byte for byte",
  },
] as const satisfies readonly Option[];

interface VersionRequest {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly verify: boolean;
}

export const versionCommand: Command<VersionRequest, typeof OPTIONS[number]> = {
  name: "version",
  usage: ["version [--verbose | --verify] [--json]"],
  description: [
    "Prints the version of imp. With --verbose also what this executable was made from: commit, machine, runtime and " +
    "packages. `imp --version` is the same.",
    "The executable ends with the SHA-256 of everything before. --verify checks it, and so detects a copy that was " +
    "truncated, damaged or stripped. Somebody who changes the file on purpose can change that line too: compare the " +
    "SHA-256 of the whole file, which --verify prints as well, with that of the release.",
  ],
  options: OPTIONS,
  examples: [
    { line: "imp version", says: "in one line" },
    { line: "imp version --verbose", says: "for a bug report" },
    { line: "imp version --verify", says: "after a download, or if something looks wrong" },
  ],
  request: (values, operands) => {
    if (operands.length > 0) throw new UsageError(`unexpected word '${operands[0]}'`);
    const verify = values.has("verify"), verbose = values.has("verbose");
    if (verify && verbose) throw new UsageError("--verify and --verbose cannot be used together");
    return { json: values.has("json"), verbose, verify };
  },
  run: async ({ json, verbose, verify }) => {
    if (verify) return (await import("./verify.ts")).verifyExecutable(json);
    const facts = { version: VERSION, ...builtFrom() };
    if (json) printJson(facts);
    else if (!verbose) print(`imp ${VERSION}`);
    else {
      const { version: _, commit, packages, ...others } = facts;
      const rows = [
        ["commit", commit.replace(/^([0-9a-f]{12})[0-9a-f]*/, "$1")],
        ...Object.entries(others).filter(([, value]) => value !== ""),
        ...Object.entries(packages).map(([name, at], i) => [i ? "" : "packages", `${name} ${at}`]),
      ];
      print(
        [`imp ${VERSION}`, ...alignColumns(rows)].join(
          "\n",
        ),
      );
    }
    return EXIT.done;
  },
};
