import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";

export const RUN_OPTIONS = [
  {
    name: "types",
    summary: "print the library's types, an ambient module for editors and compilers",
    group: "For editors",
  },
  {
    name: "init",
    summary:
      "set up the current folder, or DIR, for VS Code, tsc and Deno: imp.d.ts, tsconfig.json, deno.json, an example; existing files stay",
    group: "For editors",
  },
] as const satisfies readonly Option[];

export type RunOption = typeof RUN_OPTIONS[number];

export type RunRequest =
  | { readonly does: "program"; readonly file: string; readonly args: readonly string[] }
  | { readonly does: "types" }
  | { readonly does: "init"; readonly directory: string };

/** @throws UsageError */
export function runRequest(
  values: Given<RunOption>,
  [file, ...args]: readonly string[],
): RunRequest {
  const types = values.has("types"), init = values.has("init");
  if (types && init) throw new UsageError("--types and --init cannot be used together");
  const more = types ? file : init ? args[0] : undefined;
  if (more !== undefined) throw new UsageError(`unexpected word '${more}'`);
  if (types) return { does: "types" };
  if (init && file === "") throw new UsageError("--init: the name of the folder is empty");
  if (init) return { does: "init", directory: file ?? "." };
  if (file === undefined) throw new UsageError("no program given", "write: imp run FILE [ARG...]");
  return { does: "program", file, args };
}
