import { debug } from "../base/diagnostics.ts";
import { systemError } from "../libc/errno.ts";
import { closeFile, moveUp, O_RDWR, openFile } from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { allocate } from "../libc/memory.ts";
import { createSharedMemory, mapShared } from "../libc/mapping.ts";
import { openPipe } from "../libc/pipe.ts";
import { nameOf, rawEnvironment, variableIn } from "../libc/process_image.ts";
import { sendSignal } from "../libc/signals.ts";
import { type Bytes, spawn } from "../libc/spawn.ts";
import { waitFor } from "../libc/wait.ts";
import { runtime } from "../runtime/mod.ts";

/** What is guarded. */
export interface Guarded {
  /** The name of the command, as it shows in the guard's own words. */
  readonly command: string;
  /**
   * An environment variable that every guarded process has: the ids of the runs of that command that it is under,
   * outermost first, separated by colons.
   */
  readonly tag: string;
  /** The words that make a process a guard, to which tag and id are added; `imp guard` when left out. */
  readonly self?: readonly string[];
  /** The control group of what is guarded. */
  readonly cgroup?: string;
  /** A descriptor that the guard has as long as it lives. */
  readonly holds?: number;
  /** A directory to be removed with everything in it. */
  readonly directory?: string;
}

const LOWEST_DESCRIPTOR = 20;
const SIGKILL = 9;
/** A page: a note in it costs no system call. */
const MAPPED_SLOTS = 1024;
const CELL_BYTES = 4;
/** A guard that dies so often in a row cannot live here at all. */
const MOST_RESTARTS = 5;
/**
 * A shell waits, because it takes a twentieth of the memory of a second imp and starts in half a millisecond. When
 * imp's end of the pipe closes, it becomes imp.
 */
const WAIT_THEN_BECOME = 'read -r _ || exec "$@"';

/**
 * A process that ends what imp has started when imp is killed by a signal that nobody can catch. It holds the read end of
 * a pipe whose write end only imp has, and memory with the PIDs of what runs, one place for each slot.
 */
export class Guard {
  readonly id = crypto.randomUUID();
  private readonly table = moveUp(createSharedMemory(CELL_BYTES * MAPPED_SLOTS), LOWEST_DESCRIPTOR);
  private readonly cells = new Int32Array(mapShared(this.table, CELL_BYTES * MAPPED_SLOTS));
  private readonly cell = allocate(CELL_BYTES);
  private readonly nothing = moveUp(openFile("/dev/null", O_RDWR), LOWEST_DESCRIPTOR);
  private readonly c = libc("pwrite");
  private writeEnd = -1;
  private restarts = 0;
  pid = -1;

  constructor(private readonly of: Guarded) {}

  /**
   * An environment with the tag by which its processes are found wherever they hide.
   * @param environment imp's own when left out
   * @param part a further id, for a part of what is guarded
   */
  tagged(environment: readonly Bytes[] = rawEnvironment(), part?: string): Bytes[] {
    const { tag } = this.of;
    const outer = variableIn(environment, tag);
    const others = environment.filter((word) => nameOf(word) !== tag);
    const ids = [outer, this.id, part].filter((id) => id);
    return [...others, `${tag}=${ids.join(":")}`];
  }

  start(): void {
    const [readEnd, writeEnd] = openPipe(LOWEST_DESCRIPTOR);
    const argv = [
      "sh",
      "-c",
      WAIT_THEN_BECOME,
      `imp-${this.of.command}-guard`,
      ...this.of.self ?? [...runtime.selfCommand(), "guard"],
      this.of.tag,
      this.id,
      ...(this.of.cgroup || this.of.directory ? [this.of.cgroup ?? ""] : []),
      ...(this.of.directory === undefined ? [] : [this.of.directory]),
    ];
    const held: [number, number][] = this.of.holds === undefined ? [] : [[this.of.holds, 4]];
    const pid = spawn({
      path: "/bin/sh",
      argv,
      env: rawEnvironment(),
      newSession: true,
      descriptors: [[readEnd, 0], [this.nothing, 1], [this.nothing, 2], [this.table, 3], ...held],
    });
    closeFile(readEnd);
    if (this.writeEnd >= 0) closeFile(this.writeEnd);
    this.writeEnd = writeEnd;
    if (pid < 0) throw systemError(-pid, "start", `the guard of imp ${this.of.command}`);
    this.pid = pid;
    debug(this.of.command, "guard started", { pid });
  }

  /** Somebody ended the guard, and it was reaped: another one is needed. */
  replace(): void {
    this.pid = -1;
    if (this.restarts++ < MOST_RESTARTS) this.start();
  }

  /** Notes which process runs in a slot; 0 for none. */
  note(slot: number, pid: number): void {
    if (slot < MAPPED_SLOTS) this.cells[slot] = pid;
    else {
      this.cell.view.setInt32(0, pid, true);
      this.c.pwrite(this.table, this.cell.address, CELL_BYTES, CELL_BYTES * slot);
    }
  }

  /** Sends it away: nothing is left to guard. */
  dismiss(): void {
    if (this.pid < 0) return;
    sendSignal(this.pid, SIGKILL);
    waitFor(this.pid);
    this.pid = -1;
  }
}
