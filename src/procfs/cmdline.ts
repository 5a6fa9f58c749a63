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
