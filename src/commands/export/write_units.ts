import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { exportHeading } from "../../boot/unit_text.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { readPlainFile, writeWhole } from "../../libc/descriptors/whole_file.ts";

/** A unit, and the name of its file. */
export interface UnitFileText {
  readonly name: string;
  readonly text: string;
}

const MODE = 0o644;

/**
 * @returns their paths. @throws ImpError before any of them is written, if one would replace a file not exported by imp
 */
export function writeExportedUnits(directory: string, files: readonly UnitFileText[]): string[] {
  const paths = files.map(({ name }) => `${directory}/${name}`);
  files.forEach(({ name }, i) => refuseForeign(paths[i], name));
  files.forEach(({ text }, i) => writeWhole(paths[i], text, { mode: MODE, durable: true }));
  return paths;
}

function refuseForeign(path: string, name: string): void {
  const status = statPath(path, false);
  if (status === "ENOENT") return;
  const refusal = new ImpError({
    action: "replace",
    object: path,
    why: typeof status === "string" ? status : "imp did not write it",
    hint: "move it away if it is not needed",
    exit: EXIT.no,
  });
  if (typeof status === "string" || status.kind !== "file") throw refusal;
  const bytes = readPlainFile(path);
  if (bytes instanceof ImpError) throw bytes;
  const ours = bytes === undefined ||
    new TextDecoder().decode(bytes).startsWith(`${exportHeading(name)}\n`);
  if (!ours) throw refusal;
}
