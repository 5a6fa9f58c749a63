import { readSome, writeAll } from "../libc/descriptors/files.ts";
import { runtime } from "../runtime/mod.ts";

/** Milliseconds that one second of the documents takes, in the environment of the scenarios' programs. */
export const SECOND_VARIABLE = "IMP_LAB_SECOND";

/** The words that start a part of a scenario's program: imp itself, in a process of its own. */
export function programWords(id: string, part: string, args: readonly string[] = []): string[] {
  return [...runtime.selfCommand(), "lab-program", id, part, ...args];
}

/** Prints a line. Each is written at once, so the lines of several processes stay whole. */
export function say(text: string): void {
  writeAll(1, `${text}\n`);
}

/** Sleeps for so many seconds of the documents. */
export async function rest(seconds: number): Promise<void> {
  await runtime.sleep(seconds * second());
}

/** Milliseconds of one second of the documents. */
export function second(): number {
  return Number(runtime.env(SECOND_VARIABLE) ?? 1000);
}

/** Waits until the lab says that it has looked. @returns false when the lab is gone, and this process should go too */
export function turn(): boolean {
  const word = readSome(0);
  return typeof word !== "number" && word.length > 0;
}
