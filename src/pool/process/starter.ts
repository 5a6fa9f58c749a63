import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { E2BIG, EAGAIN, ENOEXEC, O_RDWR, RLIMIT_NPROC } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { execError, isShellScript } from "../../libc/processes/program_file.ts";
import { errnoName, PROCESS_LIMIT_HINT, systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp, openFile, writeAll } from "../../libc/descriptors/files.ts";
import type { JobSpawner } from "./no_children_spawner.ts";
import { nameOf } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { Spawner, type WordBlock } from "../../libc/processes/spawner.ts";
import { createMemoryFile } from "../../libc/descriptors/spool.ts";
import { libc } from "../../libc/calling/load.ts";
import type { PoolSettings } from "../settings.ts";
import { latin1 } from "../bytes.ts";
import { getLimit, limitStruct } from "../../libc/users/limits.ts";

const STDOUT = 1, STDERR = 2;
/** Errors that may pass when other jobs end. */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);
const LOWER_JOBS_HINT = "the limit of open files is reached (ulimit -n): raise it, or lower -j";

/** The outcome of a start: a process; nothing yet, try again later; or a job that cannot be started. */
export type StartOutcome =
  | { readonly pid: number }
  | { readonly later: ImpError }
  | { readonly failed: string; readonly error: ImpError };

/** What GNU parallel tells each job: its number and slot. */
const NUMBERS = ["PARALLEL_SEQ", "PARALLEL_JOBSLOT"];
const SLOT_ONLY = ["PARALLEL_JOBSLOT"];

/** Where a job's output goes; by default, where imp's goes. */
export interface JobDescriptors {
  readonly stdin?: Uint8Array;
  /** An open descriptor that becomes its stdin; the caller closes it. */
  readonly input?: number;
  readonly out?: number;
  readonly err?: number;
}

/** Whether a failure with this errno may pass when other jobs end. */
export function isPassing(errno: string | undefined): boolean {
  return errno !== undefined && PASSING.has(errno);
}

/** The same error with a hint. */
export function withHint(error: ImpError): ImpError {
  const hint = error.errno === "EAGAIN"
    ? PROCESS_LIMIT_HINT
    : error.errno === "EMFILE"
    ? LOWER_JOBS_HINT
    : error.hint;
  return error.with({ hint, exit: EXIT.failed });
}

/** Starts processes in slots. */
export interface ProcessStarter {
  /**
   * @param alone no other one runs
   * @throws ImpError if none at all can be started: the program is missing, or may not be executed
   */
  start(
    argv: readonly (Bytes | WordBlock)[],
    descriptors: JobDescriptors,
    alone: boolean,
    slot: number,
    seq?: number,
  ): StartOutcome;
}

/** Starts the jobs of a pool, all with one program. */
export class Starter implements ProcessStarter {
  private file = "";
  private spawner: JobSpawner | undefined;
  private prefix: readonly Bytes[] = [];
  private readonly environment: readonly Bytes[];
  private readonly variables: readonly string[];
  private readonly reserve = ProcessReserve.whereNeeded();
  /** The stdin of jobs without input of their own. */
  private readonly nothing: number;

  /**
   * @param stdin the default stdin; /dev/null if left out
   * @param numbered whether each is started for one job
   */
  constructor(
    private readonly program: string | (() => string),
    environment: readonly Bytes[],
    stdin: number | undefined,
    private readonly settings: Pick<PoolSettings, "noChildren" | "terminal">,
    numbered: boolean,
  ) {
    this.variables = numbered ? NUMBERS : SLOT_ONLY;
    // The numbers of an outer pool say nothing about these jobs.
    this.environment = environment.filter((word) => !NUMBERS.some((name) => isOf(word, name)));
    this.nothing = stdin ?? moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  }

  start(
    argv: readonly (Bytes | WordBlock)[],
    descriptors: JobDescriptors,
    alone: boolean,
    slot: number,
    seq?: number,
  ): StartOutcome {
    const { stdin, out = STDOUT, err = STDERR } = descriptors;
    const words = this.prefix.length === 0 ? argv : [...this.prefix, ...argv.slice(1)];
    const spawner = this.spawnerNow();
    const fit = spawner.prepare(words);
    spawner.number(seq === undefined ? [slot] : [seq, slot]);
    if (fit === "NUL") return NUL_IN_ITEM;
    if (fit === "too long") return this.judge(E2BIG);
    const input = stdin === undefined ? descriptors.input ?? this.nothing : inputFile(stdin);
    if (input instanceof ImpError) return { later: input };
    const start = () => spawner.start(input, out, err);
    let pid = this.reserve ? this.reserve.around(start) : start();
    // Without any job the pool would wait forever: one may use imp's own reserve.
    if (pid === -EAGAIN && this.reserve && alone) pid = start();
    if (stdin !== undefined) closeFile(input);
    if (pid > 0) return { pid };
    this.settings.terminal?.regain();
    if (pid === -ENOEXEC && this.prefix.length === 0 && isShellScript(this.file)) {
      // Like execvp(3) and every shell for a script without a #! line.
      this.prefix = ["/bin/sh", this.file];
      this.spawner = this.spawnerFor("/bin/sh");
      return this.start(argv, descriptors, alone, slot, seq);
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
    return noChildren?.spawner(file, this.environment, this.variables) ??
      new Spawner(file, this.environment, terminal?.toGive, this.variables);
  }

  private judge(code: number): StartOutcome {
    const name = errnoName(code);
    if (isPassing(name)) return { later: withHint(systemError(code, "start", this.file)) };
    const error = execError(this.file, code);
    // Only this error depends on the job's own words.
    if (name === "E2BIG") return { failed: name, error };
    throw error;
  }
}

/** Words `K=V` replace those of the same name. */
export function withVariables(
  environment: readonly Bytes[],
  more: readonly string[],
): readonly Bytes[] {
  if (more.length === 0) return environment;
  const names = new Set(more.map(nameOf));
  return [...environment.filter((word) => !names.has(nameOf(word))), ...more];
}

function isOf(word: Bytes, name: string): boolean {
  const head = typeof word === "string" ? word : latin1(word.subarray(0, name.length + 1));
  return head.startsWith(`${name}=`);
}

/** Arguments end at their first NUL: the program would get less than the item. */
const NUL_IN_ITEM: StartOutcome = {
  failed: "EINVAL",
  error: new ImpError({
    action: "start",
    object: "it",
    errno: "EINVAL",
    why: "the item contains a NUL byte, which no argument can",
    hint: "use -0 if NUL separates the items, or --stdin",
  }),
};

/** A file with the item, positioned at its beginning: unlike a pipe it needs no feeding. */
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

/**
 * How many fewer processes than imp itself jobs may start. The runtime starts threads when needed, for garbage
 * collection and compilation, and dies if it cannot: jobs must not take the last places.
 */
const RESERVED = 8;
/** A higher limit is not tight, and not worth two system calls for each job. */
const TIGHT = 1 << 15;

const c = libc("setrlimit");

/** Keeps some of what the limit on a user's processes allows for imp, `ulimit -u`. */
class ProcessReserve {
  private readonly own: number;
  private readonly ofJobs: number;

  private constructor(soft: number, hard: number) {
    this.own = limitStruct({ soft, hard });
    this.ofJobs = limitStruct({ soft: soft - Math.min(RESERVED, soft >> 1), hard });
  }

  /** @returns undefined if no such limit is near */
  static whereNeeded(): ProcessReserve | undefined {
    const { soft, hard } = getLimit(RLIMIT_NPROC);
    return soft > 0 && soft < TIGHT ? new ProcessReserve(soft, hard) : undefined;
  }

  /** Starts a job under the lower limit, which it inherits. */
  around<T>(start: () => T): T {
    c.setrlimit(RLIMIT_NPROC, this.ofJobs);
    try {
      return start();
    } finally {
      c.setrlimit(RLIMIT_NPROC, this.own);
    }
  }
}

/** How long a pool without a running job tries to start one: the place may be taken by somebody else, who may end. */
const MOST_MS = 60_000;
/** Descriptors are imp's own: nobody else frees one. */
const MOST_OWN_MS = 2000;

/** Distinguishes waiting for something that running jobs will free from waiting in vain. */
export class StartPatience {
  private since = Infinity;

  /**
   * A start was refused for now.
   * @param errno why, for example EAGAIN
   * @param busy number of running jobs
   * @param now on the clock of runtime.now()
   * @returns whether to give up
   */
  isOver(errno: string | undefined, busy: number, now: number): boolean {
    this.since = busy > 0 ? Infinity : Math.min(this.since, now);
    return now - this.since >= (errno === "EMFILE" ? MOST_OWN_MS : MOST_MS);
  }

  /** Something was started. */
  restore(): void {
    this.since = Infinity;
  }
}
