import { readTextOrNothing } from "../libc/descriptors/files.ts";

/** One line of /proc/PID/mountinfo; proc_pid_mountinfo(5). */
export interface Mount {
  /** What of the file system is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

/** What is mounted for imp; nothing where that cannot be read. */
export function readMounts(): Mount[] {
  return parseMounts(readTextOrNothing("/proc/self/mountinfo") ?? "");
}

/** Parses mountinfo. Fields are separated by spaces; a lone `-` ends the optional ones. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const dash = fields.indexOf("-", 6);
    if (dash < 0 || dash + 1 >= fields.length) continue;
    mounts.push({ root: plain(fields[3]), point: plain(fields[4]), type: fields[dash + 1] });
  }
  return mounts;
}

/** Space, tab, newline and backslash are written as `\040` and the like. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}
