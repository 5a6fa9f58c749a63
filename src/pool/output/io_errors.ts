import { EBADF, EDQUOT, ENOSPC } from "../../libc/abi.ts";
import type { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";

const CLOSED = "it was closed when imp was started: redirect it, for example to /dev/null";

/** The input could not be read. */
export function inputError(code: number, name: string): ImpError {
  return systemError(code, "read", name, {
    hint: code === EBADF ? CLOSED : undefined,
    exit: EXIT.failed,
  });
}

/** Output could not be written. */
export function outputError(code: number, name: string): ImpError {
  const hint = code === EBADF
    ? CLOSED
    : isFull(code)
    ? "the disk is full: the pool was ended"
    : undefined;
  return systemError(code, "write to", name, { hint, exit: EXIT.failed });
}

/** Whether another file system may still have room. @param code an errno */
export function isFull(code: number): boolean {
  return code === ENOSPC || code === EDQUOT;
}
