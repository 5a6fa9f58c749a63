// Pure: machine types, named as by `uname -m`.
import { UsageError } from "../base/errors.ts";

/** Other names for them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ amd64: "x86_64", x64: "x86_64", "x86-64": "x86_64" },
  arm64: "aarch64",
};

/** The name used here for a machine's own name of its type. */
export function machineName(name: string): string {
  return OTHER_NAMES[name] ?? name;
}

/** Parses `--imp-file ARCH=FILE`. @throws UsageError */
export function parseImpFile(text: string): [machine: string, path: string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) {
    return [machineName(text.slice(0, at)), text.slice(at + 1)];
  }
  throw new UsageError(
    `--imp-file '${text}': not ARCH=FILE`,
    "write for example --imp-file aarch64=./imp; ARCH is what uname -m says there",
  );
}
