import { readProcRecord, Unreadable } from "./read.ts";

/**
 * The words of /proc/PID/cmdline: each ends with a NUL byte. A program that has written a title over them
 * (`sshd: root@pts/0`) leaves one word, padded with NULs or spaces.
 */
export function parseCmdline(text: string): string[] {
  // Nearly always.
  if (text.endsWith("\0") && !text.endsWith("\0\0")) return text.slice(0, -1).split("\0");
  const trimmed = text.replace(/\0+$/, "");
  if (trimmed === "") return [];
  const words = trimmed.split("\0");
  // Every NUL beyond that of the last word ends an empty argument, or is padding.
  const extra = Math.max(0, text.length - trimmed.length - 1);
  if (words.length === 1 && extra > 1) return [words[0].trimEnd()];
  return [...words, ...Array<string>(extra).fill("")];
}

/** The command line of a process; no words for kernel threads and zombies. */
export function readCmdline(pid: number): string[] | Unreadable {
  const text = readProcRecord(`/proc/${pid}/cmdline`);
  return text instanceof Unreadable ? text : parseCmdline(text);
}

/**
 * The value of a variable in the text of /proc/PID/environ: `NAME=value`, each ended by a NUL byte, as exec was given it;
 * what the program changes later is not seen. Of a name that occurs twice the first counts, as it does for getenv(3).
 * A program may have written its title over this memory. Not parsed as a whole: thousands are asked for one name.
 */
export function variableOf(text: string, name: string): string | undefined {
  const at = `\0${text}`.indexOf(`\0${name}=`);
  if (at < 0) return undefined;
  const start = at + name.length + 1;
  const end = text.indexOf("\0", start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

/** A variable of a process' environment; undefined when it has none of that name, or may not be looked at. */
export function readVariable(pid: number, name: string): string | undefined {
  const text = readProcRecord(`/proc/${pid}/environ`);
  return text instanceof Unreadable ? undefined : variableOf(text, name);
}
