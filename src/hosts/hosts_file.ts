import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { readFile, readTextOrNothing, readToEnd } from "../libc/descriptors/files.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { workingDirectory } from "../libc/processes/process.ts";
import { callersVariable } from "../libc/processes/process_image.ts";
import { runtime } from "../runtime/mod.ts";
import { type HostEntry, parseHosts } from "./host_spec.ts";

const STANDARD_INPUT = "-";
/** How often a file is checked, as by GNU parallel. */
const LOOK_MS = 1000;

/** A file that lists hosts. */
export class HostsFile {
  /** Its name in messages. */
  readonly path: string;
  private readonly file: string;
  private text: string;
  private due: number;
  entries: readonly HostEntry[];

  /**
   * @param name as given: a path; `-`; `..` and `.`, GNU parallel's user and system files
   * @param warn gets later mistakes in the file; its previous content stays in force
   * @throws ImpError if it cannot be read, or has a mistake
   */
  constructor(name: string, private readonly warn: (text: string) => void) {
    this.path = hostsFilePath(name);
    // --wd changes the directory.
    this.file = this.path.startsWith("/") ? this.path : `${workingDirectory()}/${this.path}`;
    const bytes = name === STANDARD_INPUT ? readToEnd(0, "standard input") : readFile(this.path);
    this.text = new TextDecoder().decode(bytes);
    this.entries = parseHostsFile(this.text, this.path);
    // A pipe can be read only once.
    const isKept = name !== STANDARD_INPUT && isRegular(this.file);
    this.due = isKept ? runtime.now() + LOOK_MS : Infinity;
  }

  /** When to call {@link look}, on the clock of runtime.now(). */
  get next(): number {
    return this.due;
  }

  /** @returns whether its content has changed */
  look(now: number): boolean {
    if (now < this.due) return false;
    this.due = now + LOOK_MS;
    const text = isRegular(this.file) ? readTextOrNothing(this.file) : undefined;
    // It is being replaced or written: its previous content stays in force.
    if (text === undefined || text === this.text || text === "") return false;
    this.text = text;
    try {
      this.entries = parseHostsFile(text, this.path);
      return true;
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.warn(`${error.message}; its hosts stay as they were`);
      return false;
    }
  }
}

/** Parses lines with hosts; empty ones and comments (`#`) are skipped. @throws ImpError with the line's number */
export function parseHostsFile(text: string, path: string): HostEntry[] {
  return text.split("\n").flatMap((raw, index) => {
    const line = raw.trim();
    if (line === "" || line[0] === "#") return [];
    try {
      const entries = parseHosts(line);
      if (!entries.some(({ kind }) => kind === "file")) return entries;
      throw new UsageError(`'${line}' is the name of a file; this must be a list of hosts`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new ImpError({
        ...{ action: "use", object: `${path}, line ${index + 1}`, why: error.message },
        ...{ hint: error.hint, exit: EXIT.failed },
      });
    }
  });
}

/** @throws ImpError if it would be the user's file and there is no known home for it */
function hostsFilePath(name: string): string {
  switch (name) {
    case STANDARD_INPUT:
      return "standard input";
    case "..":
      return userFile(name, "sshloginfile");
    case ".":
      return "/etc/parallel/sshloginfile";
  }
  if (name.includes("/") || isThere(name) || userDirectories().length === 0) return name;
  const path = userFile(name, name);
  return isThere(path) ? path : name;
}

/** Where GNU parallel keeps a user's host lists. @param named as requested */
function userFile(named: string, name: string): string {
  const paths = userDirectories().map((directory) => `${directory}/${name}`);
  const path = paths.find(isThere) ?? paths.at(-1);
  if (path !== undefined) return path;
  const why = "HOME is not set";
  throw new ImpError({ action: "find", object: `--hosts ${named}`, why, exit: EXIT.failed });
}

function userDirectories(): string[] {
  const home = callersVariable("HOME");
  const config = callersVariable("XDG_CONFIG_HOME");
  return [...home ? [`${home}/.parallel`] : [], ...config ? [`${config}/parallel`] : []];
}

/** Does not read: a pipe could be read only once. */
function isThere(path: string): boolean {
  return typeof statPath(path) !== "string";
}

function isRegular(path: string): boolean {
  const status = statPath(path);
  return typeof status !== "string" && status.kind === "file";
}
