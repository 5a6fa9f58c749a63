import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import type { Command, Option } from "../../src/cli/options.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";

/** The request that a command makes from these words. */
export function requestBy<R extends object, O extends Option>(
  command: Command<R, O>,
  ...words: string[]
): R {
  const { values, operands } = parseCommandLine(command, words);
  return command.request(values, operands);
}

/** Each line, of words without spaces, is rejected with its message. */
export function assertRefused<R extends object, O extends Option>(
  command: Command<R, O>,
  table: readonly (readonly [line: string, message: string])[],
): void {
  for (const [line, message] of table) {
    const words = line.split(" ").filter(Boolean).map((word) => word === "''" ? "" : word);
    const error = assertThrows(() => requestBy(command, ...words), UsageError, "", line);
    assertEquals(error.message, message, line);
  }
}
