import { readProcRecord, Unreadable } from "./read.ts";

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
