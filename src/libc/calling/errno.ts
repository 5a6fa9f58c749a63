import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { runtime } from "../../runtime/mod.ts";
import { EAGAIN, EDEADLK, EMFILE, EOPNOTSUPP, ERRNO_NAMES } from "../abi.ts";
import { libc } from "./load.ts";
import { textAt } from "./memory.ts";

/** By number. */
const NAMES = ERRNO_NAMES.split(" ");

/** Second names of errno.h for the same numbers. */
const ALIASES = { __proto__: null, EWOULDBLOCK: EAGAIN, EDEADLOCK: EDEADLK, ENOTSUP: EOPNOTSUPP };

const readErrno = runtime.intReader(libc("__errno_location").__errno_location());

/**
 * The errno of the libc call made in the statement right before. Nothing may come between, not even an allocation: both
 * runtimes make system calls of their own at any time.
 */
export function errno(): number {
  return readErrno();
}

/** `ENOENT` for 2; `E4242` for a number that Linux does not have. */
export function errnoName(code: number): string {
  const name = NAMES[code] ?? "-";
  return name === "-" ? `E${code}` : name;
}

/** `no such file or directory` for 2: strerror(3) as a part of a sentence. */
export function errnoText(code: number): string {
  const text = textAt(libc("strerror").strerror(code));
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

/** The number of an errno name. @throws when the name is unknown */
export function errnoNumber(name: string): number {
  const found = ALIASES[name as keyof typeof ALIASES] ?? NAMES.indexOf(name);
  if (found <= 0) throw new RangeError(`no errno is called ${name}`);
  return found;
}

/** The error of a call that failed. @param code an errno, or its name, as some wrappers return it */
export function systemError(
  code: number | string,
  action: string,
  object?: string,
  more: Partial<ErrorParts> = {},
): ImpError {
  const number = typeof code === "number" ? code : errnoNumber(code);
  const errno = typeof code === "number" ? errnoName(code) : code;
  const hint = more.hint ?? (number === EMFILE ? DESCRIPTOR_LIMIT_HINT : undefined);
  return new ImpError({ action, object, errno, why: errnoText(number), ...more, hint });
}

/** @param code 0, or an errno @throws ImpError: exit 1 */
export function requireZero(code: number, action: string, object: string): void {
  if (code !== 0) throw systemError(code, action, object, { exit: EXIT.failed });
}

/** The hint when the kernel does not let root set users or groups. */
export const UNMAPPED_HINT = "in a user namespace only users and groups that it maps can be had";

/** For EMFILE. */
export const DESCRIPTOR_LIMIT_HINT = "raise the limit of open files: 'ulimit -n'";

/** For EAGAIN of fork(2) and posix_spawn(3). */
export const PROCESS_LIMIT_HINT =
  "no further process may be started: see 'ulimit -u', pids.max of the control group, and kernel.pid_max";
