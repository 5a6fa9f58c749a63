import { ENGINE_SIGNAL, FAULT_SIGNALS } from "../libc/abi_signals.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import {
  O_RDONLY,
  O_RDWR,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMAX,
  SIGRTMIN,
  SIGSTOP,
} from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import type { ImpError } from "../base/errors.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, openFile, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate } from "../libc/calling/memory.ts";
import { createSharedMemory, mapShared } from "../libc/descriptors/mapping.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { nameOf, rawEnvironment, variableIn } from "../libc/processes/process_image.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { blockableSignals } from "../libc/processes/signalfd.ts";
import { socketPair } from "../libc/descriptors/socket.ts";
import { type Bytes, spawn } from "../libc/processes/spawn.ts";
import { tryWait, waitFor } from "../libc/processes/wait.ts";
import { readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";
import type { RuntimeSocket } from "../runtime/types.ts";
import { RestartPauses } from "./restart_pauses.ts";

/** What is guarded. */
export interface Guarded {
  /** The command's name, for the guard's command line. */
  readonly command: string;
  /**
   * An environment variable that every guarded process has: the ids of the runs it belongs to, outermost first,
   * separated by colons.
   */
  readonly tag: string;
  /** The words that make a process a guard, before tag and id; `imp guard` by default. */
  readonly self?: readonly string[];
  /** The control group of what is guarded. */
  readonly cgroup?: string;
  /** A descriptor that the guard keeps open as long as it runs. */
  readonly holds?: number;
  /** No loop of the caller's reaps it: the runtime's event loop reports its end. */
  readonly unattended?: boolean;
  /** A directory to be removed with everything in it. */
  readonly directory?: string;
}

/** Its number in the guard. */
const EXECUTABLE = 5;
/** One page: writing to it costs no system call. */
const MAPPED_SLOTS = 1024;
const CELL_BYTES = 4;
/** Not KILL, STOP, those of libc and the engine, and the two harmless ones, CHLD and CONT. */
const IGNORED = Array.from({ length: SIGRTMAX }, (_, i) => i + 1)
  .filter((n) =>
    ![SIGKILL, SIGSTOP, ENGINE_SIGNAL, SIGCHLD, SIGCONT].includes(n) && (n < 32 || n >= SIGRTMIN)
  );
/**
 * A shell waits, because it takes a twentieth of a second imp's memory and starts in half a millisecond. When imp's end
 * of the pipe closes, it becomes imp. Signals are blocked until it ignores them; the runtime unblocks all.
 */
const WAIT_THEN_BECOME = `trap '' ${IGNORED.join(" ")}; read -r _ || exec "$@"`;
const SHELL = "/bin/sh";
const AT_RISK = "until it is there, kill -9 of imp would leave behind what imp has started";

/**
 * A process that ends what imp has started if imp is killed by a signal that cannot be caught. It holds the read end of
 * a pipe whose write end only imp has, and memory with the PIDs of what runs, one place per slot.
 */
export class Guard {
  readonly id = crypto.randomUUID();
  private readonly table = moveUp(createSharedMemory(CELL_BYTES * MAPPED_SLOTS), FLOOR.job);
  private readonly cells = new Int32Array(mapShared(this.table, CELL_BYTES * MAPPED_SLOTS));
  private readonly cell = allocate(CELL_BYTES);
  private readonly nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  private readonly c = libc("pwrite");
  private readonly pipe = openPipe(FLOOR.job);
  /** imp's executable, kept open: its path may later name another file, or none (after an upgrade or a removal). */
  private readonly executable = openExecutable();
  private readonly pauses = new RestartPauses();
  private warned = false;
  /** The first guard is started before everything it guards, so it is older. */
  private isFirst = true;
  private lifeline: RuntimeSocket | undefined;
  pid = -1;
  /** When to call {@link look}, on the clock of runtime.now(). */
  due = Infinity;

  constructor(private readonly of: Guarded) {}

  /**
   * An environment with the tag that finds its processes wherever they hide.
   * @param environment imp's own by default
   * @param part a further id, for a part of what is guarded
   */
  tagged(environment: readonly Bytes[] = rawEnvironment(), part?: string): Bytes[] {
    const { tag } = this.of;
    const outer = variableIn(environment, tag);
    const others = environment.filter((word) => nameOf(word) !== tag);
    const ids = [outer, this.id, part].filter((id) => id);
    return [...others, `${tag}=${ids.join(":")}`];
  }

  /** @throws ImpError when it cannot be started */
  start(): void {
    const code = this.tryStart();
    if (code !== 0) throw this.notStarted(code);
  }

  /** Somebody ended the guard, and it was reaped: another one is needed. */
  replace(): void {
    this.pid = -1;
    this.due = this.pauses.next(runtime.now());
    this.look(runtime.now());
  }

  /** Starts another one when it is time to. */
  look(now: number): void {
    if (now < this.due) return;
    this.due = Infinity;
    const code = this.tryStart();
    if (code === 0) return;
    this.due = this.pauses.next(now);
    if (!this.warned) warn(this.of.command, `${this.notStarted(code).message}; ${AT_RISK}`);
    this.warned = true;
  }

  /** Somebody stopped it, so it could not act. */
  resume(): void {
    sendSignal(this.pid, SIGCONT);
  }

  /** Records which process runs in a slot; 0 for none. */
  note(slot: number, pid: number): void {
    if (slot < MAPPED_SLOTS) this.cells[slot] = pid;
    else {
      this.cell.view.setInt32(0, pid, true);
      this.c.pwrite(this.table, this.cell.address, CELL_BYTES, CELL_BYTES * slot);
    }
  }

  /** Ends it: nothing is left to guard. */
  dismiss(): void {
    this.due = Infinity;
    this.lifeline?.close();
    const { pid } = this;
    this.pid = -1;
    if (pid < 0) return;
    sendSignal(pid, SIGKILL);
    waitFor(pid);
  }

  /** @returns 0 or an errno */
  private tryStart(): number {
    this.pauses.try(runtime.now());
    const { of: { command, holds = -1, unattended } } = this;
    const name = `imp-${command}-guard`;
    const words = this.words();
    const [mine, theirs] = unattended ? openLifeline() : [-1, -1];
    const optional: [number, number][] = [[holds, 4], [this.executable, EXECUTABLE], [theirs, 6]];
    const request = {
      env: rawEnvironment(),
      newSession: true,
      blocked: blockableSignals([ENGINE_SIGNAL, ...FAULT_SIGNALS]),
      descriptors: [
        [this.pipe[0], 0],
        [this.nothing, 1],
        [this.nothing, 2],
        [this.table, 3],
        ...optional.filter(([fd]) => fd >= 0),
      ] as [number, number][],
    };
    let pid = spawn({
      path: SHELL,
      argv: ["sh", "-c", WAIT_THEN_BECOME, name, ...words],
      ...request,
    });
    // Without a shell it is a second imp from the start.
    if (pid < 0) pid = spawn({ path: words[0], argv: [name, ...words.slice(1)], ...request });
    if (theirs >= 0) closeFile(theirs);
    if (pid < 0) {
      if (mine >= 0) closeFile(mine);
      return -pid;
    }
    this.pid = pid;
    this.isFirst = false;
    if (mine >= 0) this.attend(mine);
    debug(command, "guard started", { pid });
    return 0;
  }

  /** The words of the guard once it becomes imp. */
  private words(): string[] {
    const { self = [...runtime.selfCommand(), "guard"], tag, cgroup, directory } = this.of;
    const [path, ...words] = self;
    return [
      this.executable < 0 ? path : `/proc/self/fd/${EXECUTABLE}`,
      ...words,
      tag,
      this.id,
      this.isFirst ? "" : String(readStat("self")?.startTicks ?? 0),
      ...(cgroup || directory ? [cgroup ?? ""] : []),
      ...(directory === undefined ? [] : [directory]),
    ];
  }

  /** @param fd closes when the guard ends */
  private attend(fd: number): void {
    const { pid } = this;
    const close = () => {
      if (this.pid !== pid) return;
      tryWait(pid);
      this.replace();
      this.schedule();
    };
    this.lifeline = runtime.openSocket(fd, { data: () => {}, drain: () => {}, close });
    this.lifeline.unref();
  }

  private schedule(): void {
    if (this.due === Infinity) return;
    const again = () => {
      this.look(runtime.now());
      this.schedule();
    };
    runtime.unrefTimer(setTimeout(again, Math.max(0, this.due - runtime.now())));
  }

  private notStarted(code: number): ImpError {
    return systemError(code, "start", `the guard of imp ${this.of.command}`);
  }
}

/** @returns -1 when imp runs from source, or /proc is missing */
function openExecutable(): number {
  const fd = runtime.compiled ? tryOpen("/proc/self/exe", O_RDONLY) : -1;
  return fd < 0 ? fd : moveUp(fd, FLOOR.job);
}

/** @returns no descriptors if none are free: a guard whose end goes unnoticed is better than none */
function openLifeline(): [mine: number, theirs: number] {
  try {
    const [mine, theirs] = socketPair("stream");
    return [moveUp(mine, FLOOR.job), moveUp(theirs, FLOOR.job)];
  } catch {
    return [-1, -1];
  }
}

function warn(command: string, text: string): void {
  try {
    writeAll(2, `imp ${command}: ${text}\n`);
  } catch {
    // Nobody is left to report to.
  }
}
