import { runtime } from "../runtime/mod.ts";
import { libc } from "../libc/load.ts";
import { isStandIn } from "../libc/descriptors.ts";
import { systemError } from "../libc/errno.ts";
import { writeAll } from "../libc/files.ts";

const EBADF = 9;
const CLOSED = "the caller has closed it; > /dev/null is for what nobody wants to read";

/** Writes facts to stdout, every byte or an error: what could not be written was not reported. */
export function print(text: string): void {
  if (isStandIn(1)) throw systemError(EBADF, "write to", "standard output", { hint: CLOSED });
  writeAll(1, text.endsWith("\n") ? text : `${text}\n`, "standard output");
}

/** Writes a message to stderr. There is nobody left to tell when that fails. */
export function warn(text: string): void {
  try {
    writeAll(2, text.endsWith("\n") ? text : `${text}\n`, "standard error");
  } catch {
    // Deliberately nothing: the exit status still tells.
  }
}

export function isTerminal(fd: number): boolean {
  return libc("isatty").isatty(fd) === 1;
}

/** Whether to colour what goes to `fd`: no-color.org, and `--color` before it. */
export function useColor(when: string | undefined, fd: number): boolean {
  if (when === "always") return true;
  if (when === "never" || runtime.env("NO_COLOR") || runtime.env("TERM") === "dumb") return false;
  return isTerminal(fd);
}
