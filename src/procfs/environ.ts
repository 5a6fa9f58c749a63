import { readProcRecord, Unreadable } from "./read.ts";

/**
 * The environment in /proc/PID/environ: `NAME=value`, each ended by a NUL byte, as exec was given it; what the program
 * changes later is not seen. Of a name that occurs twice the first counts, as it does for getenv(3). Text without `=`
 * is no variable: a program may have written its title over this memory.
 */
export function parseEnviron(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const word of text.split("\0")) {
    // A name may begin with `=`, getenv(3) does not mind.
    const equals = word.indexOf("=", 1);
    if (equals < 0) continue;
    const name = word.slice(0, equals);
    if (!variables.has(name)) variables.set(name, word.slice(equals + 1));
  }
  return variables;
}

export function readEnviron(pid: number): Map<string, string> | Unreadable {
  const text = readProcRecord(`/proc/${pid}/environ`);
  return text instanceof Unreadable ? text : parseEnviron(text);
}
