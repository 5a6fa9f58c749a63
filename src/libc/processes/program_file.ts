import { AT_EACCESS, AT_FDCWD, O_NONBLOCK, O_RDONLY, X_OK } from "../abi.ts";
import { MAX_ARG_STRLEN } from "../abi_files.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { isAssignment } from "../../base/shell_words.ts";
import { errno, errnoName, systemError } from "../calling/errno.ts";
import { closeFile, readSome, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { cString, scratch } from "../calling/memory.ts";
import { variableIn } from "./process_image.ts";
import type { Bytes } from "./spawn.ts";
import { type FileStatus, statFd, statPath } from "../descriptors/stat.ts";

/** Where execvp(3) of glibc searches without PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";

/**
 * The files that a program's name may mean, in the order in which to try them.
 * @param directory where relative names start
 */
export function candidates(
  program: string,
  environment: readonly Bytes[],
  directory: string,
): string[] {
  if (program.includes("/")) return [absolute(program, directory)];
  const path = variableIn(environment, "PATH") ?? DEFAULT_PATH;
  // Joined to a directory it would be that directory itself.
  if (program === "") return [];
  return path.split(":").map((folder) => `${absolute(folder || ".", directory)}/${program}`);
}

/**
 * The file that will be executed, as execvp(3) finds it.
 * @throws ImpError with exit status 127 when there is none, 126 when there is one that may not be executed
 */
export function findProgram(
  program: string,
  environment: readonly Bytes[],
  directory: string,
): string {
  let forbidden: ImpError | undefined;
  const closed: string[] = [];
  for (const file of candidates(program, environment, directory)) {
    const status = statPath(file);
    const named = program.includes("/");
    // The case in most directories of PATH; making an error would be wasted work.
    if (!named && status === "ENOENT") continue;
    const problem = notExecutable(file, status);
    if (problem === undefined) return file;
    if (named) {
      throw status === "ENOENT" && readAs(program) ? problem.with({ meant: program }) : problem;
    }
    // The program need not be in there.
    if (status === "EACCES") closed.push(file.slice(0, -program.length - 1) || "/");
    else if (problem.errno === "EACCES") forbidden ??= problem;
  }
  if (forbidden) throw forbidden;
  const meant = readAs(program) && program;
  const path = variableIn(environment, "PATH") ?? `not set; searched ${DEFAULT_PATH}`;
  throw new ImpError({
    action: "find",
    object: program,
    errno: "ENOENT",
    why: "no such program in PATH",
    meant,
    hint: meant ? undefined : `PATH is ${path}` +
      (closed.length > 0 ? `; this user may not search ${closed.join(", ")}` : ""),
    exit: EXIT.notFound,
  }, { cause: closed.length > 0 ? closedDirectory(closed[0]) : undefined });
}

/** Commands that only a shell has. */
const OF_SHELLS =
  /^(?:\.|:|alias|cd|eval|exec|exit|export|for|if|read|return|set|source|trap|ulimit|umask|unset|until|wait|while)(?:\s|$)/;

/** Whether a word that does not name a program looks like shell syntax. */
export function looksLikeScript(word: string): boolean {
  return /[|;&<>$`*]/.test(word) || OF_SHELLS.test(word);
}

/** What a word reads as that does not name a program. */
export function readAs(word: string): "script" | "assignment" | "command line" | undefined {
  const isScript = looksLikeScript(word);
  if (isAssignment(word) && !(isScript && /\s/.test(word))) return "assignment";
  if (isScript) return "script";
  return /\s/.test(word) ? "command line" : undefined;
}

/** execvp(3) fails with this if it finds nothing elsewhere. */
function closedDirectory(path: string): ImpError {
  return new ImpError({
    action: "search",
    object: path,
    errno: "EACCES",
    exit: EXIT.cannotExecute,
  });
}

/** `path` from the root, starting at `directory` when it is relative. */
export function absolute(path: string, directory: string): string {
  if (path.startsWith("/")) return path;
  return `${directory === "/" ? "" : directory}/${path.replace(/^(?:\.\/)+/, "")}`;
}

/** Why exec failed. @param file the file that was executed */
export function execError(file: string, code: number): ImpError {
  const name = errnoName(code);
  const error = systemError(code, "execute", file, { exit: EXIT.cannotExecute });
  if (name === "ENOENT") return missingInterpreter(file) ?? error.with({ exit: EXIT.notFound });
  if (name === "ENOEXEC") {
    return error.with({ hint: "neither a program for this machine nor a script" });
  }
  if (name === "ELOOP" && typeof statPath(file) !== "string") {
    return error.with({
      why: "its interpreter is a script whose interpreter is a script, and so on",
    });
  }
  if (name === "E2BIG") {
    return error.with({
      hint: `one argument has at most ${
        MAX_ARG_STRLEN - 1
      } bytes; all together, with the environment: 'getconf ARG_MAX'`,
    });
  }
  if (name === "EACCES") {
    return error.with({ hint: "it, or its interpreter, lacks execute permission for this user" });
  }
  return error;
}

/**
 * Whether a file without a `#!` line should be run by /bin/sh, as by execvp(3) and shells: it is text, or empty. They
 * would also feed the shell a binary for another machine; imp does not.
 */
export function isShellScript(file: string): boolean {
  const head = headOf(file);
  if (!head) return false;
  const newline = head.indexOf(10);
  return !head.subarray(0, newline < 0 ? head.length : newline).includes(0);
}

function notExecutable(file: string, status: FileStatus | string): ImpError | undefined {
  if (typeof status === "string") {
    const exit = status === "ENOENT" || status === "ENOTDIR" ? EXIT.notFound : EXIT.cannotExecute;
    return new ImpError({
      action: "execute",
      object: file,
      errno: status,
      why: REASONS[status],
      exit,
    });
  }
  if (status.kind === "directory") {
    return new ImpError({
      action: "execute",
      object: file,
      errno: "EACCES",
      why: "it is a directory",
      exit: EXIT.cannotExecute,
    });
  }
  const code = scratch(() => {
    return libc("faccessat").faccessat(AT_FDCWD, cString(file), X_OK, AT_EACCESS) === 0
      ? 0
      : errno();
  });
  return code === 0 ? undefined : execError(file, code);
}

const REASONS: Record<string, string> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of the path is not a directory",
  EACCES: "a directory on the way may not be searched",
  ELOOP: "too many symbolic links",
};

/** ENOENT for an existing file: what its `#!` line names, or its loader, is missing. */
function missingInterpreter(file: string): ImpError | undefined {
  const head = headOf(file);
  if (!head) return undefined;
  const line = textFromBytes(head).split("\n", 1)[0];
  const interpreter = /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
  const fromDos = interpreter?.endsWith("\r");
  return new ImpError({
    action: "execute",
    object: file,
    errno: "ENOENT",
    why: fromDos
      ? `the name of its interpreter, ${interpreter?.slice(0, -1)}, ends in a carriage return`
      : interpreter
      ? `its interpreter ${interpreter} does not exist`
      : "the dynamic loader that it asks for does not exist",
    hint: fromDos
      ? "its lines end as on Windows; a copy without that: tr -d '\\r' < FILE > COPY"
      : undefined,
    exit: EXIT.cannotExecute,
  });
}

function headOf(file: string): Uint8Array | undefined {
  // It may have become a FIFO since.
  const fd = tryOpen(file, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return undefined;
  const head = statFd(fd).kind === "file" ? readSome(fd) : 0;
  closeFile(fd);
  return typeof head === "number" ? undefined : head.subarray(0, 512);
}
