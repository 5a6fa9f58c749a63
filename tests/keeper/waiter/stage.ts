// Shared by the tests of waiters: real waiters, with a shell script as their turn, and the proof that nothing of them
// is left.
import { type KeeperPage, openKeeperPage } from "../../../src/keeper/waiter/keeper_page.ts";
import { WAITER_EVENT, type WaiterEvent } from "../../../src/keeper/waiter/page_layout.ts";
import { raiseBy, type RaiseOptions, type Waiters } from "../../../src/keeper/waiter/raise.ts";
import { closeFile, duplicate, readLink } from "../../../src/libc/descriptors/files.ts";
import { tryWait } from "../../../src/libc/processes/wait.ts";
import { RUN_TAG } from "../../../scripts/lib/test_place.ts";
import { eventually, isAlive, statFields } from "../../e2e/harness.ts";

/** A waiter to be tested: its name, and how it is started. */
export interface Candidate {
  readonly name: string;
  /** The executable, and the words before those of the turn. @param directory for its own files */
  words(directory: string): string[];
  /** For machine code that the processor itself executes: small, with the names of its roles as word 0. */
  readonly native: boolean;
  /** The emulator lacks PR_SET_CHILD_SUBREAPER and execveat(2): orphans, and so programs, are not its children. */
  readonly emulated?: boolean;
}

/** What a turn has recorded when it began. */
export interface Turn {
  readonly pid: number;
  readonly parent: number;
  readonly raised: Readonly<Record<WaiterEvent, number>>;
}

export interface Staged extends RaiseOptions {
  /** A program and its words that execute the waiter. */
  readonly through?: readonly string[];
}

/**
 * A turn controlled by files in the daemon's directory. `fail`: it fails; `hold`: it stays while the file exists;
 * `leave`, `pair`: it requests that; `act`: a script that is read, once; `idle`: it exits with 0 without having done
 * anything.
 */
const TURN = `#!/bin/bash
cd "$1" || exit 1
exec 2>/dev/null
set_word() {
  printf "\\\\$(printf %03o $(($2 & 255)))\\\\$(printf %03o $(($2 >> 8 & 255)))\\\\$(printf %03o $(($2 >> 16 & 255)))\\\\000" |
    dd of=/proc/self/fd/5 bs=4 seek=$1 conv=notrunc
}
start() {
  setsid "$@" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- & set_word 4 $!
}
dd if=/proc/self/fd/5 of=.raised.$$ bs=32 skip=2 count=1
echo $$ $PPID $(od -An -v -td4 -N28 .raised.$$) >>log
[ -e fail ] && exit 3
[ -e idle ] && exit 0
while [ -e hold ]; do sleep 0.01; done
[ -e act ] && mv act acting && . ./acting
dd if=.raised.$$ of=/proc/self/fd/5 bs=32 seek=3 conv=notrunc
[ -e leave ] && set_word 6 1
[ -e pair ] && set_word 7 1
set_word 8 1
exit 0
`;
const TAG = "IMP_WAITER_TEST";

/** Waiters on their own stage. */
export class Stage {
  readonly directory: string;
  readonly home: string;
  readonly tag = crypto.randomUUID();
  waiters!: Waiters;
  page!: KeeperPage;
  /** The waiter that was started first. */
  first = -1;
  readonly turn: string;
  /** A descriptor of the waiters' timer. */
  timer = -1;

  constructor(private readonly candidate: Candidate) {
    this.home = Deno.makeTempDirSync({ prefix: "imp-waiter-" });
    Deno.chmodSync(this.home, 0o755);
    this.directory = `${this.home}/daemons/web`;
    Deno.mkdirSync(this.directory, { recursive: true });
    this.turn = `${this.home}/turn`;
    this.writeTurn();
  }

  writeTurn(): void {
    Deno.writeTextFileSync(this.turn, TURN);
    Deno.chmodSync(this.turn, 0o755);
  }

  raise({ through = [], ...options }: Staged = {}): void {
    const path = (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":").filter((one) => one !== "");
    // An interrupted run must leave nothing behind either: scripts/test.
    const run = `${RUN_TAG}=${Deno.env.get(RUN_TAG) ?? ""}`;
    const environment = [`PATH=${path.join(":")}`, `${TAG}=${this.tag}`, run];
    const others = timersOfThisProcess();
    this.waiters = raiseBy(
      this,
      { words: [this.turn, this.directory], environment, ...options },
      (start) => {
        this.timer = duplicate(timersOfThisProcess().find((fd) => !others.includes(fd))!);
        const [program, ...before] = [...through, ...this.candidate.words(this.home)];
        const file = program.includes("/") ? program : find(program, path);
        this.first = start(file, before);
        return { pid: this.first, kind: "file" };
      },
    );
    this.page = openKeeperPage(this.keeper)!;
  }

  get guard(): number {
    return this.waiters.guard?.pid ?? 0;
  }

  get keeper(): number {
    return this.waiters.keeper.pid;
  }

  file(name: string, text = ""): void {
    // Written atomically: a turn may be looking.
    Deno.writeTextFileSync(`${this.directory}/.new`, text);
    Deno.renameSync(`${this.directory}/.new`, `${this.directory}/${name}`);
  }

  remove(name: string): void {
    Deno.removeSync(`${this.directory}/${name}`);
  }

  read(name: string): string {
    try {
      return Deno.readTextFileSync(`${this.directory}/${name}`);
    } catch {
      return "";
    }
  }

  turns(): Turn[] {
    const lines = this.read("log").split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const [pid, parent, ...raised] = line.trim().split(/\s+/).map(Number);
      const events = Object.entries(WAITER_EVENT).map(([event, i]) => [event, raised[i]]);
      return { pid, parent, raised: Object.fromEntries(events) };
    });
  }

  /** Waits until everything that was raised has been handled. */
  async rest(): Promise<void> {
    const { page } = this;
    const what = () =>
      `at rest: turn ${page.turn}, ${page.failures} failures, pending ${page.pending()}`;
    await eventually(() => page.turn === 0 && page.pending().length === 0, what);
  }

  /** Makes the next turn do something, and waits until it has. */
  async act(script: string, waiter = this.page.keeper): Promise<void> {
    this.file("act", script);
    Deno.kill(waiter, "SIGUSR1");
    await eventually(() => this.read("act") === "" && this.read("acting") === script, "acted");
    await this.rest();
  }

  /** Starts a program as a turn does. @returns its PID */
  async program(words: string): Promise<number> {
    const before = this.page.program;
    await this.act(`start ${words}`);
    const { program } = this.page;
    if (program !== before && program !== 0) return program;
    return this.page.ended()?.pid ?? -1;
  }

  /** Makes them leave. */
  async leave(): Promise<void> {
    const { guard, keeper } = this.page;
    this.file("leave");
    Deno.kill(keeper, "SIGUSR1");
    await eventually(() => ![guard, keeper].some((pid) => pid !== 0 && this.isThere(pid)), "left");
  }

  isThere(pid: number): boolean {
    this.reap();
    return isAlive(pid);
  }

  /** The waiter that this process started is its child. */
  reap(): void {
    if (this.first > 0) tryWait(this.first);
  }

  processes(): number[] {
    const pids: number[] = [];
    this.reap();
    for (const { name } of Deno.readDirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || !isAlive(pid)) continue;
      try {
        const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
        if (environment.includes(`${TAG}=${this.tag}`)) pids.push(pid);
      } catch {
        // Gone, or another user's.
      }
    }
    return pids;
  }

  async end(): Promise<void> {
    await eventually(() => {
      const pids = this.processes();
      for (const pid of pids) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch {
          // Gone.
        }
      }
      return pids.length === 0;
    }, "processes of the test could not be ended");
    if (this.timer >= 0) closeFile(this.timer);
    Deno.removeSync(this.home, { recursive: true });
  }
}

function timersOfThisProcess(): number[] {
  const numbers = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name));
  return numbers.sort((a, b) => a - b).filter((fd) =>
    readLink(`/proc/self/fd/${fd}`) === "anon_inode:[timerfd]"
  );
}

export function parentOf(pid: number): number {
  return Number(statFields(pid)?.[1] ?? -1);
}

export function statusOf(pid: number, field: string): string {
  const text = Deno.readTextFileSync(`/proc/${pid}/status`);
  return RegExp(`^${field}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
}

/** How often a process has slept or was preempted. */
export function switches(pid: number): number {
  return Number(statusOf(pid, "voluntary_ctxt_switches"));
}

export function find(program: string, path: readonly string[]): string {
  const found = path.map((folder) => `${folder}/${program}`).find((one) => {
    try {
      return Deno.statSync(one).isFile;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`${program} is not installed`);
  return found;
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** One test of a waiter. */
export type Trial = (stage: Stage) => Promise<void>;
