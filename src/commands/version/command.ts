import { EXIT } from "../../base/exit_codes.ts";
import { UsageError } from "../../base/errors.ts";
import { type Command, JSON_OPTION } from "../../cli/options.ts";
import { print, printJson } from "../../cli/output.ts";
import { alignColumns } from "../../cli/table.ts";
import { VERSION } from "../../version.ts";
import { builtFrom } from "./build.ts";

interface VersionRequest {
  readonly json: boolean;
  readonly verbose: boolean;
}

export const versionCommand: Command<VersionRequest, typeof JSON_OPTION> = {
  name: "version",
  usage: ["version [--verbose] [--json]"],
  description: [
    "Prints the version of imp. With --verbose also what this executable was made from: commit, machine, runtime and " +
    "packages. `imp --version` is the same.",
  ],
  options: [JSON_OPTION],
  examples: [
    { line: "imp version", says: "in one line" },
    { line: "imp version --verbose", says: "for a bug report" },
  ],
  request: (values, operands) => {
    if (operands.length > 0) throw new UsageError(`unexpected word '${operands[0]}'`);
    return { json: values.has("json"), verbose: values.has("verbose") };
  },
  run: ({ json, verbose }) => {
    const facts = { version: VERSION, ...builtFrom() };
    if (json) printJson(facts);
    else if (!verbose) print(`imp ${VERSION}`);
    else {
      const { version: _, commit, packages, ...others } = facts;
      const rows = [
        ["commit", commit.replace(/^([0-9a-f]{12})[0-9a-f]*/, "$1")],
        ...Object.entries(others),
        ...Object.entries(packages).map(([name, at], i) => [i ? "" : "packages", `${name} ${at}`]),
      ];
      print(
        [`imp ${VERSION}`, ...alignColumns(rows.map(([a, b]) => [`  ${a}`, b]))].join(
          "\n",
        ),
      );
    }
    return EXIT.done;
  },
};
