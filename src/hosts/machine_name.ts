// Pure: kinds of machines, as `uname -m` names them.
import { UsageError } from "../base/errors.ts";

/** What others call them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ amd64: "x86_64", x64: "x86_64", "x86-64": "x86_64" },
  arm64: "aarch64",
};

/** What a machine is called here that calls itself so. */
export function machineName(name: string): string {
  return OTHER_NAMES[name] ?? name;
}

/** Reads `--imp-file ARCH=FILE`. @throws UsageError */
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
