import { readProcRecord, Unreadable } from "./read.ts";

/**
 * The words of /proc/PID/cmdline, each ended by a NUL. A program that has overwritten them with a title (`sshd:
 * root@pts/0`) leaves one word, padded with NULs or spaces.
 */
export function parseCmdline(text: string): string[] {
  // Nearly always.
  if (text.endsWith("\0") && !text.endsWith("\0\0")) return text.slice(0, -1).split("\0");
  const trimmed = text.replace(/\0+$/, "");
  if (trimmed === "") return [];
  const words = trimmed.split("\0");
  // Each further NUL ends an empty argument, or is padding.
  const extra = Math.max(0, text.length - trimmed.length - 1);
  if (words.length === 1 && extra > 1) return [words[0].trimEnd()];
  return [...words, ...Array<string>(extra).fill("")];
}

/** The command line of a process; empty for kernel threads and zombies. */
export function readCmdline(pid: number): string[] | Unreadable {
  const text = readProcRecord(`/proc/${pid}/cmdline`);
  return text instanceof Unreadable ? text : parseCmdline(text);
}

/**
 * A variable's value in the text of /proc/PID/environ: `NAME=value`, each ended by a NUL, as given to exec; later
 * changes by the program do not show. If a name occurs twice the first counts, as for getenv(3). A program may have
 * overwritten this memory with its title. Not parsed as a whole, because it is done for thousands of processes.
 */
export function variableOf(text: string, name: string): string | undefined {
  const at = `\0${text}`.indexOf(`\0${name}=`);
  if (at < 0) return undefined;
  const start = at + name.length + 1;
  const end = text.indexOf("\0", start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

/** A variable of a process' environment; undefined if it is not set or may not be read. */
export function readVariable(pid: number, name: string): string | undefined {
  const text = readProcRecord(`/proc/${pid}/environ`);
  return text instanceof Unreadable ? undefined : variableOf(text, name);
}
