import { FLOOR } from "../libc/descriptors/reserved.ts";
import { E2BIG, EAGAIN, ENOEXEC, O_RDWR } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { execError, isShellScript } from "../libc/processes/program_file.ts";
import { errnoName, PROCESS_LIMIT_HINT, systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, openFile, writeAll } from "../libc/descriptors/files.ts";
import type { JobSpawner } from "./no_children_spawner.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { WordBlock } from "../libc/processes/word_block.ts";
import { Spawner } from "../libc/processes/spawner.ts";
import { createMemoryFile } from "../libc/descriptors/spool.ts";
import { libc } from "../libc/calling/load.ts";
import { ProcessReserve } from "./process_reserve.ts";
import type { PoolSettings } from "./settings.ts";

const STDOUT = 1, STDERR = 2;
/** Errors that pass when other jobs have ended. */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);
const DESCRIPTOR_LIMIT_HINT =
  "the limit of open files is reached (ulimit -n): raise it, or lower -j";

/** What came of a start: a process; nothing yet, try again later; or a job that cannot be started. */
export type StartOutcome =
  | { readonly pid: number }
  | { readonly later: ImpError }
  | { readonly failed: string; readonly error: ImpError };

/** Where a job's output goes; left out: where imp's goes. */
export interface JobDescriptors {
  readonly stdin?: Uint8Array;
  /** An open descriptor that becomes its stdin; it stays the caller's. */
  readonly input?: number;
  readonly out?: number;
  readonly err?: number;
}

/** Whether what failed with this errno may succeed when other jobs have ended. */
export function isPassing(errno: string | undefined): boolean {
  return errno !== undefined && PASSING.has(errno);
}

/** The same error with what can be done about it. */
export function withHint(error: ImpError): ImpError {
  const hint = error.errno === "EAGAIN"
    ? PROCESS_LIMIT_HINT
    : error.errno === "EMFILE"
    ? DESCRIPTOR_LIMIT_HINT
    : error.hint;
  return error.with({ hint, exit: EXIT.failed });
}

/** Starts the jobs of a pool. */
export class Starter {
  private file = "";
  private spawner: JobSpawner | undefined;
  private prefix: readonly Bytes[] = [];
  private readonly reserve = ProcessReserve.whereNeeded();
  /** What jobs without input of their own read. */
  private readonly nothing: number;

  constructor(
    private readonly program: string | (() => string),
    private readonly environment: readonly Bytes[],
    stdin: number | undefined,
    private readonly settings: Pick<PoolSettings, "noChildren" | "terminal">,
  ) {
    this.nothing = stdin ?? moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  }

  /**
   * @param alone no other job runs
   * @throws ImpError when no job at all can be started: the program is missing, or may not be executed
   */
  start(
    argv: readonly (Bytes | WordBlock)[],
    descriptors: JobDescriptors,
    alone: boolean,
  ): StartOutcome {
    const { stdin, out = STDOUT, err = STDERR } = descriptors;
    const words = this.prefix.length === 0 ? argv : [...this.prefix, ...argv.slice(1)];
    const spawner = this.spawnerNow();
    const fit = spawner.prepare(words);
    if (fit === "NUL") return NUL_IN_ITEM;
    if (fit === "too long") return this.judge(E2BIG);
    const input = stdin === undefined ? descriptors.input ?? this.nothing : inputFile(stdin);
    if (input instanceof ImpError) return { later: input };
    const start = () => spawner.start(input, out, err);
    let pid = this.reserve ? this.reserve.around(start) : start();
    // Without any job the pool would wait for ever: one may have what imp keeps for itself.
    if (pid === -EAGAIN && this.reserve && alone) pid = start();
    if (stdin !== undefined) closeFile(input);
    if (pid > 0) return { pid };
    this.settings.terminal?.regain();
    if (pid === -ENOEXEC && this.prefix.length === 0 && isShellScript(this.file)) {
      // As execvp(3) and every shell do with a script that has no #! line.
      this.prefix = ["/bin/sh", this.file];
      this.spawner = this.spawnerFor("/bin/sh");
      return this.start(argv, descriptors, alone);
    }
    return this.judge(-pid);
  }

  private spawnerNow(): JobSpawner {
    const file = typeof this.program === "string" ? this.program : this.program();
    if (this.spawner && file === this.file) return this.spawner;
    this.file = file;
    return this.spawner = this.spawnerFor(file);
  }

  private spawnerFor(file: string): JobSpawner {
    const { noChildren, terminal } = this.settings;
    return noChildren?.spawner(file, this.environment) ??
      new Spawner(file, this.environment, terminal?.toGive);
  }

  private judge(code: number): StartOutcome {
    const name = errnoName(code);
    if (isPassing(name)) return { later: withHint(systemError(code, "start", this.file)) };
    const error = execError(this.file, code);
    // Only this one depends on the job's own words.
    if (name === "E2BIG") return { failed: name, error };
    throw error;
  }
}

/** Arguments end at their first NUL: the program would get less than the item. */
const NUL_IN_ITEM: StartOutcome = {
  failed: "EINVAL",
  error: new ImpError({
    action: "start",
    object: "it",
    errno: "EINVAL",
    why: "the item holds a NUL byte, and no argument can",
    hint: "use -0 if NUL separates the items, or --stdin",
  }),
};

/** A file with the item, at its beginning: unlike a pipe it needs nobody to feed it. */
function inputFile(bytes: Uint8Array): number | ImpError {
  let fd;
  try {
    fd = moveUp(createMemoryFile(), FLOOR.job);
  } catch (error) {
    if (error instanceof ImpError && isPassing(error.errno)) return withHint(error);
    throw error;
  }
  writeAll(fd, bytes, "a file in memory");
  libc("lseek").lseek(fd, 0, 0);
  return fd;
}
