import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { print } from "../../cli/output.ts";
import { AT_FDCWD, EEXIST, O_CREAT, O_EXCL, O_WRONLY } from "../../libc/abi.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen, writeAll } from "../../libc/descriptors/files.ts";
import { listDirectory, statPath } from "../../libc/descriptors/stat.ts";
import { readPlainFile, writeWhole } from "../../libc/descriptors/whole_file.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { initSteps, type Occupant, type Step, TYPES_FILE } from "./init_files.ts";
import { libraryTypes, TYPES_MARK } from "./library_types.ts";

/**
 * Prepares a folder so that editors and compilers know the library. Existing files stay; an imp.d.ts written by imp is
 * updated.
 * @returns 1 if something is left for the user to do
 * @throws ImpError if a file cannot be written
 */
export function initFolder(directory: string): number {
  makeFolder(directory);
  const at = (name: string) => `${directory}/${name}`;
  const names = listDirectory(directory);
  if (typeof names === "string") throw systemError(names, "read", directory);
  const hasPrograms = names.some((name) =>
    /\.(?:[cm]?[jt]s|[jt]sx)$/.test(name) && name !== TYPES_FILE
  );
  const folder = { standing: (name: string) => standingOf(at(name)), hasPrograms };
  let left = 0;
  for (const step of initSteps(folder, libraryTypes(), TYPES_MARK)) {
    const path = at(step.name).replace(/^\.\//, "");
    print(`${path}: ${take(step, path)}`);
    if (step.do === "leave") left++;
  }
  return left === 0 ? EXIT.done : EXIT.no;
}

/** @returns what was done */
function take(step: Step, path: string): string {
  switch (step.do) {
    case "create":
      createFile(path, step.text);
      return "created";
    case "replace":
      updateFile(path, step.text);
      return "brought up to date";
    case "keep":
      return step.says;
    case "leave":
      return `left alone: ${step.why}${step.add ? `; add ${step.add}` : ""}`;
  }
}

/** Never replaces another file. @throws ImpError: then there is none */
function createFile(path: string, text: string): void {
  const fd = tryOpen(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  if (fd < 0) throw systemError(-fd, "create", path);
  try {
    writeAll(fd, text, path);
  } catch (error) {
    removeIn(AT_FDCWD, path);
    throw error;
  } finally {
    closeFile(fd);
  }
}

/** The file keeps its permissions. @throws ImpError: then nothing has changed */
function updateFile(path: string, text: string): void {
  const status = statPath(path, false);
  writeWhole(path, text, { mode: typeof status === "string" ? undefined : status.mode });
}

/** Creates the named folder, but not its parents. */
function makeFolder(path: string): void {
  const code = scratch(() => libc("mkdir").mkdir(cString(path), 0o777) === 0 ? 0 : errno());
  if (code !== 0 && code !== EEXIST) {
    throw systemError(code, "make directory", path);
  }
}

function standingOf(path: string): Occupant {
  const status = statPath(path, false);
  if (status === "ENOENT") return { is: "none" };
  if (typeof status === "string") throw systemError(status, "read", path);
  if (status.kind === "link") return { is: "other", why: "it is a symbolic link" };
  if (status.kind !== "file") {
    return { is: "other", why: `it is not a plain file (${status.kind})` };
  }
  const bytes = readPlainFile(path);
  if (bytes instanceof ImpError) throw bytes;
  return bytes ? { is: "file", text: new TextDecoder().decode(bytes) } : { is: "none" };
}
