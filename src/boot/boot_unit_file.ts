// The unit file: written whole, and changed only if imp wrote it.
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { AT_FDCWD, ENOENT } from "../libc/abi.ts";
import { errno, systemError } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { removeIn } from "../libc/descriptors/file_names.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { readPlainFile, writeWhole } from "../libc/descriptors/whole_file.ts";
import { MARK } from "./boot_unit.ts";

const UNIT_MODE = 0o644, DIRECTORY_MODE = 0o755;

/** What is at the unit's path. */
export type UnitFile =
  | { readonly is: "none" }
  | { readonly is: "ours"; readonly text: string }
  /** @field why in words */
  | { readonly is: "foreign"; readonly why: string };

/** @throws ImpError if it cannot be read */
export function readUnitFile(path: string): UnitFile {
  const status = statPath(path, false);
  if (status === "ENOENT" || status === "ENOTDIR") return { is: "none" };
  if (typeof status === "string") {
    throw systemError(status, "read", path, { exit: EXIT.failed });
  }
  // systemctl mask links it to /dev/null.
  if (status.kind === "link") return { is: "foreign", why: "it is a symbolic link" };
  if (status.kind !== "file") {
    return { is: "foreign", why: `it is not a plain file (${status.kind})` };
  }
  const bytes = readPlainFile(path);
  if (bytes instanceof ImpError) throw bytes;
  if (bytes === undefined) return { is: "none" };
  const text = new TextDecoder().decode(bytes);
  return text.startsWith(`${MARK}\n`)
    ? { is: "ours", text }
    : { is: "foreign", why: "imp did not write it, as its first line shows" };
}

/** @returns whether it changed. @throws ImpError: then nothing has changed */
export function writeUnitFile(path: string, text: string): boolean {
  const before = readUnitFile(path);
  if (before.is === "foreign") throw refused("write", path, before.why);
  if (before.is === "ours" && before.text === text) return false;
  makeDirectories(path);
  writeWhole(path, text, { mode: UNIT_MODE, durable: true });
  return true;
}

/** @returns whether there was one. @throws ImpError */
export function removeUnitFile(path: string): boolean {
  const before = readUnitFile(path);
  if (before.is === "none") return false;
  if (before.is === "foreign") throw refused("remove", path, before.why);
  const code = removeIn(AT_FDCWD, path);
  if (code < 0 && code !== -ENOENT) {
    throw systemError(-code, "remove", path, { exit: EXIT.failed });
  }
  return code === 0;
}

function makeDirectories(path: string): void {
  let made = "";
  for (const part of path.split("/").slice(1, -1)) {
    made += `/${part}`;
    if (typeof statPath(made) !== "string") continue;
    const code = scratch(() =>
      libc("mkdir").mkdir(cString(made), DIRECTORY_MODE) === 0 ? 0 : errno()
    );
    if (code !== 0 && typeof statPath(made) === "string") {
      throw systemError(code, "make directory", made, { exit: EXIT.failed });
    }
  }
}

function refused(action: string, object: string, why: string): ImpError {
  const hint = "inspect it, and move it away if it is not needed";
  return new ImpError({ action, object, why, hint, exit: EXIT.no });
}
