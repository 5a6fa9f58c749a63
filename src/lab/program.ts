import { readSome, writeAll } from "../libc/descriptors/files.ts";
import { runtime } from "../runtime/mod.ts";
import { describeError } from "../multiprocessing/process/error_text.ts";
import { systemError } from "../libc/calling/errno.ts";
import { ownWords } from "../libc/processes/own_file.ts";
import { rawEnvironment } from "../libc/processes/process_image.ts";
import { spawn } from "../libc/processes/spawn.ts";

/**
 * A part of a scenario's program: what one of its processes does.
 * @returns the exit status, 0 if nothing; `goes on` if the program has the event loop to itself, and ends by itself
 */
export type ProgramPart = (...args: string[]) => Outcome | Promise<Outcome>;
type Outcome = number | void | typeof GOES_ON;

export type ProgramParts = Readonly<Record<string, ProgramPart>>;

export const GOES_ON = "goes on";

/** Environment variable of the scenarios' programs: milliseconds per second of the documents. */
export const SECOND_VARIABLE = "IMP_LAB_SECOND";

/** The words that start a part of a scenario's program: imp itself, in a separate process. */
export function programWords(id: string, part: string, args: readonly string[] = []): string[] {
  return [...ownWords(), "lab-program", id, part, ...args];
}

/** Prints a line. Each is a single write, so the lines of several processes stay whole. */
export function say(text: string): void {
  writeAll(1, `${text}\n`);
}

/** Sleeps for a number of seconds of the documents. */
export async function rest(seconds: number): Promise<void> {
  await runtime.sleep(seconds * second());
}

/** Milliseconds per second of the documents. */
export function second(): number {
  return Number(runtime.env(SECOND_VARIABLE) ?? 1000);
}

/** Waits until the lab says that it has looked. @returns false if the lab is gone, and this process should go too */
export function turn(): boolean {
  const word = readSome(0);
  return typeof word !== "number" && word.length > 0;
}

/** A program that uses the library: it ends as users' programs do, once its code has ended and the rules are kept. */
export function program(main: () => void | Promise<void>): ProgramPart {
  return () => {
    runtime.onUncaught(fail);
    Promise.try(main).catch(fail);
    return GOES_ON;
  };
}

function fail(error: unknown): never {
  writeAll(2, `${describeError(error)}\n`);
  return runtime.exit(1);
}

/** Starts another part of the program as a child of this process. It inherits descriptors 0-2. @returns its PID */
export function startPart(id: string, part: string, ...args: string[]): number {
  return startWords(programWords(id, part, args));
}

/** Starts a program by its path as a child of this process. @returns its PID */
export function startWords(argv: readonly string[]): number {
  const pid = spawn({ path: argv[0], argv, env: rawEnvironment() });
  if (pid < 0) throw systemError(-pid, "start", argv[0]);
  return pid;
}
