// What a worker runs for its clients. Who may send it jobs may otherwise run anything as the worker's user.
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

/** What `imp worker` was told; nothing of it is checked yet. */
export interface PermissionWords {
  /** Programs, by name or path, and directories of programs. */
  readonly programs: readonly string[];
  /** Functions of modules that clients send along may be called, which is everything. */
  readonly calls: boolean;
  /** Names of variables that jobs may bring along. */
  readonly variables: readonly string[];
  /** Jobs run in the worker's directory or below it, whatever they say. */
  readonly confined: boolean;
}

/** Variables that a client's jobs have in any case; they say nothing to a program that does not ask. */
const HARMLESS = /^PARALLEL_\w*$/;

/**
 * Programs that may be run, by where they lie and not by what they are: a link in a directory that is allowed is there because its
 * owner wants that, and a link to a program with many names is not all of them.
 */
export class Permissions {
  private readonly files = new Set<string>();
  private readonly directories: string[] = [];
  private readonly mayCall: boolean;
  private readonly variables: ReadonlySet<string>;
  /** Where jobs may run; undefined: everywhere. */
  private readonly home: string | undefined;

  /**
   * @param here where relative paths begin @param warn is told of a program that is not there: jobs of it end as those of any program that
   * is missing
   * @throws ImpError where a path is neither a program nor a directory
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

  /** Why a program is not run; undefined: it is. @param file as it will be executed, its path from the root on */
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

  /** Why functions of a client's module are not called; undefined: they are. @param module what the client calls it */
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

  /** Why variables that a job brings along are not taken; undefined: they are. @param words `K=V` */
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

  /** Why jobs do not run in a directory; undefined: they do, or there is none. @param path from the root on */
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
      // A name without a slash is that of a program first.
      if (this.allowDirectory(absolute(word, here))) return;
      warn(`--allow ${word}: ${error.message}`);
      return;
    }
    const place = placeOf(file);
    if (place !== undefined) this.files.add(place);
  }

  /** @returns false: it is none @throws ImpError */
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

/** Permissions by what this process was started with, and where it is. */
export function grant(words: PermissionWords, warn: (text: string) => void): Permissions {
  return new Permissions(words, rawEnvironment(), workingDirectory(), warn);
}

/** The path of a file without links and `..` on the way to it; the file itself may be a link. */
function placeOf(file: string): string | undefined {
  const slash = file.lastIndexOf("/");
  const name = file.slice(slash + 1);
  if (name === "" || name === "." || name === "..") return undefined;
  const real = realDirectory(file.slice(0, slash) || "/");
  if (typeof real === "number") return undefined;
  return real === "/" ? `/${name}` : `${real}/${name}`;
}

/** @returns -errno when it cannot be told */
function realDirectory(path: string): string | number {
  const fd = tryOpen(path, O_PATH | O_DIRECTORY);
  if (fd < 0) return fd;
  const real = readLink(`/proc/self/fd/${fd}`);
  closeFile(fd);
  return real ?? -1;
}
