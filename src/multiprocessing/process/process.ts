import { SIGKILL, SIGTERM } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { sendSignal } from "../../libc/processes/signals.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import { checkOptions, checkTimeout } from "./arguments.ts";
import { oneLine, shownAs } from "./one_line.ts";
import { Child, type Watched } from "./children.ts";
import { currentEnvironment, startProcess, type StartRequest } from "./child_process.ts";
import { closeSent, type Encoded, writeValue, writing } from "../wire/codec.ts";
import { nextIdentity, thisProcess } from "./current.ts";
import { endWhole } from "./end_whole.ts";
import { bindDaemonic, keepProcessRules } from "./lifecycle.ts";
import {
  type ArgsIfNeeded,
  type Arguments,
  checkedArgs,
  referenceTo,
  type Target,
  type TargetReference,
} from "./target.ts";

/** The options of a {@link Process}. */
export interface ProcessOptions<T extends Target = Target> {
  /** The function to run; see {@link Target}. */
  target: T;
  /** The target's arguments: anything that structured cloning supports, and imp's own shared objects. */
  args?: Arguments<T>;
  /** By default `Process-1` and so on. */
  name?: string;
  /** Whether it is ended with everything it has started when this program's code ends; default: as this process. */
  daemon?: boolean;
  /** Makes the kernel refuse it every new process, whatever program it executes; threads are allowed. */
  noChildren?: boolean;
}

const OPTIONS = {
  target: "any",
  args: "any",
  name: "string",
  daemon: "boolean",
  noChildren: "boolean",
} as const;

/** Ends a daemonic process with everything it has started, or what it left behind. Resolves when nothing is left. */
export let endWithTree: (process: Process) => Promise<void>;

/** For waiting for several. @throws Error if it was not started */
export let watchProcess: (process: Process) => Watched;

/**
 * A process of its own that runs one function, as Python's `multiprocessing.Process`.
 *
 * ```ts
 * // work.ts
 * import { Process } from "imp:multiprocessing";
 *
 * export function resize(file: string, width: number): void {}
 *
 * export async function main(): Promise<void> {
 *   const process = new Process({ target: resize, args: ["a.png", 80] });
 *   process.start();
 *   await process.join();
 *   console.log(process.exitcode);
 * }
 * ```
 *
 * It has this process' output, working directory and environment, and /dev/null as input. It ends when the target's
 * promise is settled and nothing is left that its event loop waits for; its own children are dealt with first. An error of the target is
 * printed with the process' name, and the exit code is 1.
 */
export class Process<T extends Target = Target> {
  static {
    endWithTree = (process) => endWhole(process.#started("end"));
    watchProcess = (process) => {
      const child = process.#started("wait for");
      return { ready: () => child.poll() !== undefined, watch: (tell) => child.watch(tell) };
    };
  }

  readonly #target: TargetReference;
  readonly #args: readonly unknown[];
  readonly #noChildren: boolean;
  readonly #identity = nextIdentity();
  #name: string;
  #daemon: boolean;
  #child: Child | undefined;
  #creator = ownPid();
  #closed = false;

  /** @throws TypeError if the target is not a function exported by a module; ImpError if its module does not exist */
  constructor(options: ProcessOptions<T> & ArgsIfNeeded<T>) {
    checkOptions(options, OPTIONS, "Process");
    const { target, args = [], name, daemon, noChildren = false }: ProcessOptions = options;
    this.#target = referenceTo(target);
    this.#args = checkedArgs(args);
    this.#name = name ?? `Process-${this.#identity.join(":")}`;
    this.#daemon = daemon ?? thisProcess().daemon;
    this.#noChildren = noChildren;
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    checkOptions({ name }, OPTIONS, "Process");
    this.#name = name;
  }

  get daemon(): boolean {
    return this.#daemon;
  }

  /** @throws Error after the start */
  set daemon(daemon: boolean) {
    this.#check();
    if (this.#child) throw new Error("process has already started");
    checkOptions({ daemon }, OPTIONS, "Process");
    this.#daemon = daemon;
  }

  /** null before the start. */
  get pid(): number | null {
    this.#check();
    return this.#child?.pid ?? null;
  }

  /** null until it has ended, then its exit status, or `-n` if signal n ended it. */
  get exitcode(): number | null {
    this.#check();
    const ending = this.#child?.poll();
    return ending ? codeOf(ending) : null;
  }

  /**
   * A descriptor that is readable for poll(2) once the process has ended. It is open until {@link close}, or until
   * nothing refers to this object any more.
   * @throws ImpError (EMFILE)
   */
  get sentinel(): number {
    return this.#started("wait for").sentinel;
  }

  /**
   * Starts it. The new process loads the target's module anew and calls the target.
   * @throws UnsendableError that names the argument which cannot be sent; ImpError (EAGAIN, EMFILE, ENOMEM)
   */
  start(): void {
    this.#check();
    if (this.#child) throw new Error("cannot start a process twice");
    if (this.#creator !== ownPid()) {
      throw new Error("can only start a process object created by current process");
    }
    const self = thisProcess();
    if (self.daemon) throw new Error("daemonic processes are not allowed to have children");
    if (self.noChildren) {
      throw new Error(
        "this process was started with noChildren: it is not allowed to have children",
      );
    }
    if (self.loading !== undefined) throw new Error(startedWhileLoading(self.loading));
    keepProcessRules();
    this.#child = this.#launch(this.#request());
    children.set(this.#child, this);
  }

  /**
   * Waits until it has ended.
   * @param timeout milliseconds; by default, as long as it takes
   * @returns whether it has ended
   */
  async join(timeout?: number): Promise<boolean> {
    checkTimeout(timeout);
    return await this.#started("join").wait(timeout) !== undefined;
  }

  isAlive(): boolean {
    this.#check();
    return this.#child !== undefined && this.#child.poll() === undefined;
  }

  /** Sends it SIGTERM; not to processes that it has started. Has no effect once it has ended. */
  terminate(): void {
    this.#signal(SIGTERM, "terminate");
  }

  /** Like {@link terminate}, with SIGKILL. */
  kill(): void {
    this.#signal(SIGKILL, "kill");
  }

  /** Releases its resources; afterwards the object cannot be used. @throws Error while the process runs */
  close(): void {
    if (this.#closed) return;
    if (this.isAlive()) {
      throw new Error(
        "Cannot close a process while it is still running. You should first call join() or terminate().",
      );
    }
    this.#child?.closeSentinel();
    this.#closed = true;
  }

  /** Nothing of it is left afterwards: with `await using` it is killed if necessary. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed || !this.#child) return;
    if (this.isAlive()) this.kill();
    await this.join();
    this.close();
  }

  /** What console.log shows. */
  [shownAs](): string {
    if (this.#closed) return oneLine("Process", this.#name, "closed");
    const code = this.exitcode;
    const state = !this.#child ? "not started" : code === null ? "running" : `exitcode: ${code}`;
    const pid = this.#child && `pid: ${this.#child.pid}`;
    return oneLine("Process", this.#name, pid, state, this.#daemon && "daemon");
  }

  #signal(number: number, action: string): void {
    const child = this.#started(action);
    // Not reaped yet, so the PID is its own.
    if (!child.poll()) sendSignal(child.pid, number);
  }

  #launch(request: Encoded): Child {
    try {
      const environment = currentEnvironment();
      const binding = this.#daemon ? bindDaemonic(environment) : undefined;
      const started = startProcess({
        request,
        name: this.#name,
        ownModule: this.#target.module.startsWith("imp:"),
        environment: binding?.environment ?? environment,
        leash: binding?.leash,
      });
      return new Child(started, binding?.mark);
    } catch (error) {
      throw error instanceof ImpError ? notStarted(error, this.#name) : error;
    } finally {
      closeSent(request.fds);
    }
  }

  #request(): Encoded {
    const request: StartRequest = {
      target: this.#target,
      name: this.#name,
      identity: this.#identity,
      daemon: this.#daemon,
      noChildren: this.#noChildren,
      parent: ownPid(),
      parentName: thisProcess().name,
    };
    return writing((writer) => {
      writeValue(writer, request);
      writeValue(writer, this.#args, "args");
    });
  }

  #started(action: string): Child {
    this.#check();
    if (!this.#child) throw new Error(`can only ${action} a started process`);
    return this.#child;
  }

  #check(): void {
    if (this.#closed) throw new Error("process object is closed");
  }
}

const children = new WeakMap<Child, Process>();

/** The process objects of the living children. */
export function processOf(child: Child): Process | undefined {
  return children.get(child);
}

/** What was being done matters more than what was missing. */
function notStarted(error: ImpError, name: string): ImpError {
  if (error.parts.action === "start") return error;
  return error.with({ action: "start", object: `process ${name}` });
}

function codeOf(ending: Ending): number {
  return ending.how === "exit" ? ending.code : -ending.signal;
}

function startedWhileLoading(module: string): string {
  return `a process was started while ${module} was being loaded as the module of a target: a module that starts processes ` +
    "does so in its main part only, under 'if (import.meta.main)' or in 'export function main', which 'imp run' calls";
}
