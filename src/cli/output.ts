import { EBADF } from "../libc/abi.ts";
import { bytesFromText } from "../base/byte_text.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";
import { libc } from "../libc/calling/load.ts";
import { isStandIn } from "../libc/descriptors/descriptors.ts";
import { systemError } from "../libc/calling/errno.ts";
import { writeAll } from "../libc/descriptors/files.ts";
import { forReader } from "./charset.ts";
import { type Style, styles } from "./style.ts";

const CLOSED = "the caller has closed it; use > /dev/null to discard output";

/** The reader of standard output has closed it: EPIPE. */
export class ReaderGone extends ImpError {
  override name = "ReaderGone";
}

/**
 * Writes a text for people to stdout, every byte or an error: what could not be written was not reported. ASCII in a
 * locale without UTF-8.
 */
export function print(text: string): void {
  printLine(forReader(text));
}

/** Writes facts for programs to stdout: one JSON value, which is UTF-8 in every locale. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** Writes a text to stdout as it is. */
export function printLine(text: string): void {
  printBytes(bytesFromText(text.endsWith("\n") ? text : `${text}\n`));
}

/** Like {@link print}, without conversion. @throws ReaderGone, ImpError (ENOSPC, EIO …); exit status 125 */
export function printBytes(bytes: Uint8Array): void {
  const name = "standard output", exit = EXIT.failed;
  if (isStandIn(1)) throw systemError(EBADF, "write to", name, { hint: CLOSED, exit });
  try {
    writeAll(1, bytes, name);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    const parts = { ...error.parts, exit };
    throw error.errno === "EPIPE" ? new ReaderGone(parts) : new ImpError(parts);
  }
}

/** Writes a message to stderr. If that fails, nobody is left to tell. */
export function warn(text: string): void {
  const line = forReader(text);
  try {
    writeAll(2, line.endsWith("\n") ? line : `${line}\n`, "standard error");
  } catch {
    // Deliberately nothing: the exit status still tells.
  }
}

export function isTerminal(fd: number): boolean {
  return libc("isatty").isatty(fd) === 1;
}

/** Whether output can be overwritten: a terminal that understands control sequences. */
export function canRedraw(fd: number): boolean {
  return isTerminal(fd) && runtime.env("TERM") !== "dumb";
}

/** Whether to colour output to `fd`: `--color`, then NO_COLOR (no-color.org). */
export function useColor(when: string | undefined, fd: number): boolean {
  if (when === "always") return true;
  if (when === "never" || runtime.env("NO_COLOR") || runtime.env("TERM") === "dumb") return false;
  return isTerminal(fd);
}

/** The style for stdout. @param when the value of `--color` */
export function styleFor(when: string | undefined): Style {
  return styles(useColor(when, 1));
}
