import { nap } from "../libc/time.ts";
import { EAGAIN } from "../libc/abi.ts";
import { UsageError } from "../base/errors.ts";
import { readSome, writeAll } from "../libc/descriptors/files.ts";
import { isTerminal } from "./output.ts";

/**
 * Asks before something that cannot be undone. Only `y` or `yes` means yes.
 * @param yes the user has already agreed on the command line
 * @throws UsageError without a terminal to ask on: a script must say --yes
 */
export function confirm(question: string, yes: boolean): boolean {
  if (yes) return true;
  if (!isTerminal(0)) {
    throw new UsageError(
      "this must be confirmed, and standard input is not a terminal",
      "add --yes to do it without being asked",
    );
  }
  // Without a line break: the answer is typed after it.
  writeAll(2, `${question} [y/N] `, "standard error");
  return /^\s*y(es)?\s*$/i.test(readLine());
}

/** A terminal delivers one line at a time. */
function readLine(): string {
  for (;;) {
    const bytes = readSome(0);
    if (typeof bytes !== "number") return new TextDecoder().decode(bytes);
    if (bytes !== -EAGAIN) return "";
    // Somebody who shares the terminal made it non-blocking.
    nap(50);
  }
}
