// What a worker runs for its clients. Without these, anyone who may send it jobs may run anything as the worker's user.
import { splitPath } from "../../base/split_path.ts";
import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { O_PATH } from "../../libc/abi.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, readLink, tryOpen } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { nameOf, rawEnvironment } from "../../libc/processes/process_image.ts";
import { absolute, findProgram } from "../../libc/processes/program_file.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";

/** The options of `imp worker`, unchecked. */
export interface PermissionWords {
  /** Programs, by name or path, and directories of programs. */
  readonly programs: readonly string[];
  /** Allows calling functions of modules that clients send, which amounts to allowing everything. */
  readonly calls: boolean;
  /** Names of variables that jobs may set. */
  readonly variables: readonly string[];
  /** Jobs run in the worker's directory or below it, whatever they request. */
  readonly confined: boolean;
}

/** Variables that a client's jobs always have; harmless to programs that do not use them. */
const HARMLESS = /^PARALLEL_\w*$/;

/**
 * Allowed programs, by location rather than content: a link in an allowed directory was put there by its owner, and a
 * link to a multi-call program does not allow all its names.
 */
export class Permissions {
  private readonly files = new Set<string>();
  private readonly directories: string[] = [];
  private readonly mayCall: boolean;
  private readonly variables: ReadonlySet<string>;
  /** Where jobs may run; undefined: everywhere. */
  private readonly home: string | undefined;

  /**
   * @param here what relative paths are relative to @param warn gets programs that do not exist: jobs with them end as
   *   with any missing program
   * @throws ImpError if a path is neither a program nor a directory
   */
  constructor(
    { programs, calls, variables, confined }: PermissionWords,
    environment: readonly Bytes[],
    here: string,
    warn: (text: string) => void,
  ) {
    this.mayCall = calls;
    this.variables = new Set(variables);
    this.home = confined ? here : undefined;
    for (const word of programs) this.allow(word, environment, here, warn);
  }

  /** Why a program is refused; undefined: it is not. @param file the file to be executed, absolute */
  refusalOf(file: string): ImpError | undefined {
    const place = placeOf(file);
    const allowed = place !== undefined &&
      (this.files.has(place) || this.directories.some((one) => place.startsWith(one)));
    if (allowed) return undefined;
    return new ImpError({
      action: "execute",
      object: file,
      errno: "EACCES",
      why: "this worker does not allow it",
      hint: "imp worker --allow PROGRAM|DIR",
      exit: EXIT.cannotExecute,
    });
  }

  /** Why calls of a client's module are refused; undefined: they are not. @param module the client's name for it */
  refusalOfCalls(module: string): ImpError | undefined {
    if (this.mayCall) return undefined;
    return new ImpError({
      action: "call",
      object: module,
      errno: "EACCES",
      why: "this worker does not run code that its clients send",
      hint: "imp worker --allow-calls",
      exit: EXIT.cannotExecute,
    });
  }

  /** Why a job's variables are refused; undefined: they are not. @param words `K=V` */
  refusalOfVariables(words: readonly string[]): ImpError | undefined {
    const refused = words.map((word) => nameOf(word) ?? word)
      .find((name) => !HARMLESS.test(name) && !this.variables.has(name));
    if (refused === undefined) return undefined;
    return new ImpError({
      action: "set",
      object: `variable ${refused}`,
      errno: "EACCES",
      why: "this worker does not allow it",
      hint: `imp worker --allow-env ${refused}`,
      exit: EXIT.cannotExecute,
    });
  }

  /** Why a directory is refused; undefined: it is not, or none was requested. @param path absolute */
  refusalOfDirectory(path: string): ImpError | undefined {
    const real = this.home === undefined ? undefined : realDirectory(path);
    if (typeof real !== "string" || isBelow(real, this.home!)) return undefined;
    return new ImpError({
      action: "work in",
      object: path,
      errno: "EACCES",
      why: `this worker's jobs run in ${this.home} and below`,
      exit: EXIT.cannotExecute,
    });
  }

  private allow(
    word: string,
    environment: readonly Bytes[],
    here: string,
    warn: (text: string) => void,
  ): void {
    if (word === "") throw new UsageError("--allow needs a name, and it is empty");
    if (word.includes("/") && this.allowDirectory(absolute(word, here))) return;
    let file: string;
    try {
      file = findProgram(word, environment, here);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      if (error.exit !== EXIT.notFound) throw error.with({ exit: EXIT.failed });
      // A name without a slash is first looked up as a program.
      if (this.allowDirectory(absolute(word, here))) return;
      warn(`--allow ${word}: ${error.message}`);
      return;
    }
    const place = placeOf(file);
    if (place !== undefined) this.files.add(place);
  }

  /** @returns false if it is not one @throws ImpError */
  private allowDirectory(path: string): boolean {
    const status = statPath(path);
    if (typeof status === "string" || status.kind !== "directory") return false;
    const real = realDirectory(path);
    if (typeof real === "number") throw systemError(-real, "allow", path, { exit: EXIT.failed });
    this.directories.push(real === "/" ? real : `${real}/`);
    return true;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || directory === "/" || path.startsWith(`${directory}/`);
}

/** Permissions from this process' options and directory. */
export function grant(words: PermissionWords, warn: (text: string) => void): Permissions {
  return new Permissions(words, rawEnvironment(), workingDirectory(), warn);
}

/** A file's path without links and `..` in its directory; the file itself may be a link. */
function placeOf(file: string): string | undefined {
  const [above, name] = splitPath(file);
  if (name === "" || name === "." || name === "..") return undefined;
  const real = realDirectory(above);
  if (typeof real === "number") return undefined;
  return real === "/" ? `/${name}` : `${real}/${name}`;
}

/** @returns -errno if it is unknown */
function realDirectory(path: string): string | number {
  const fd = tryOpen(path, O_PATH | O_DIRECTORY);
  if (fd < 0) return fd;
  const real = readLink(`/proc/self/fd/${fd}`);
  closeFile(fd);
  return real ?? -1;
}
