import { SIGKILL } from "../libc/abi.ts";
import type { ImpError } from "../base/errors.ts";
import { errnoName, PROCESS_LIMIT_HINT, systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, readSome, writeAll } from "../libc/descriptors/files.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { spawn } from "../libc/processes/spawn.ts";
import { openTerminal } from "../libc/descriptors/tty.ts";
import { describeEnding, endingOf, tryWait } from "../libc/processes/wait.ts";
import { readStat } from "../procfs/stat.ts";
import { enter } from "../libc/descriptors/directory.ts";
import {
  type ComparedShell,
  keystrokes,
  LONGEST_LINE,
  SHELL_ARGUMENTS,
  shellEnvironment,
  TAG_VARIABLE,
} from "./shells.ts";

export interface SessionRequest {
  readonly shell: ComparedShell;
  /** The file to execute. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the shell starts. */
  readonly directory: string;
  /** Marks the shell as ours and makes its prompt unmistakable. */
  readonly token: string;
}

const SIZE = { rows: 40, columns: 132 };
const READS_AT_ONCE = 32;
const LONGEST_SCREEN = 1 << 18;

/** An interactive shell that leads its own session on its own terminal. Nothing here ever waits. */
export class ShellSession {
  readonly pid: number;
  /** Everything on the terminal, including typed text; only the beginning if there is too much. */
  screen = "";
  /** How many prompts the shell has printed. */
  prompts = 0;
  /** How the shell ended; undefined while it runs. */
  ended: string | undefined;
  private master: number | undefined;
  private readonly prompt: string;
  /** The end of the last read: a prompt may come in two pieces. */
  private carry = "";
  private readonly decoder = new TextDecoder();

  /** Starts the shell. @throws ImpError */
  constructor({ shell, path, environment, directory, token }: SessionRequest) {
    this.prompt = `[imp ${token}] `;
    const terminal = openTerminal(SIZE);
    this.master = moveUp(terminal.master, 3);
    // A spawned program starts in its parent's directory.
    enter(directory);
    const pid = spawn({
      path,
      argv: SHELL_ARGUMENTS[shell],
      env: shellEnvironment(environment, {
        prompt: this.prompt,
        more: [`${TAG_VARIABLE}=${token}`],
      }),
      newSession: true,
      terminal: terminal.path,
      descriptors: [[0, 1], [0, 2]],
    });
    if (pid < 0) {
      closeFile(this.master);
      throw startError(-pid, path);
    }
    this.pid = pid;
  }

  /** What the shell and its programs printed since the screen was `from` characters long, without prompts. */
  printed(from: number): string {
    return this.screen.slice(from).replaceAll(this.prompt, "").replaceAll("\r", "").trim();
  }

  /** Whether a terminal takes the line at once. */
  static fits(line: string): boolean {
    return new TextEncoder().encode(keystrokes(line)).length <= LONGEST_LINE;
  }

  type(line: string): void {
    if (this.master !== undefined) writeAll(this.master, keystrokes(line), "a terminal");
  }

  /** Reads what has appeared on the terminal, and notices the shell's end. */
  look(): void {
    // A program may print faster than this reads.
    for (let reads = 0; reads < READS_AT_ONCE && this.master !== undefined; reads++) {
      const bytes = readSome(this.master);
      // EAGAIN: nothing more for now. EIO: nobody has the other end open (any more).
      if (typeof bytes === "number" || bytes.length === 0) break;
      this.take(this.decoder.decode(bytes, { stream: true }));
    }
    const stat = readStat(this.pid);
    // It stays a zombie until `reap`: its PID is the session's number and must not be reused.
    if (stat?.state === "Z") this.ended ??= describeEnding(endingOf(stat.exitStatus));
  }

  private take(text: string): void {
    const joined = this.carry + text;
    this.prompts += joined.split(this.prompt).length - 1;
    this.carry = joined.slice(1 - this.prompt.length);
    if (this.screen.length < LONGEST_SCREEN) this.screen += text;
  }

  /** Closes the terminal, as its window's close button does. */
  hangUp(): void {
    this.look();
    if (this.master !== undefined) closeFile(this.master);
    this.master = undefined;
  }

  /** Alone: what it has started is found by its tag. */
  kill(): void {
    sendSignal(this.pid, SIGKILL);
  }

  /** Reaps the shell if it has ended. @returns whether it had */
  reap(): boolean {
    return tryWait(this.pid) !== "running";
  }
}

/** @param file what posix_spawn(3) could not start */
function startError(code: number, file: string): ImpError {
  const hint = errnoName(code) === "EAGAIN" ? PROCESS_LIMIT_HINT : undefined;
  return systemError(code, "start", file, { hint });
}
