import type { Command } from "./options.ts";
import type { parseCommandLine } from "./parse.ts";
import { UsageError } from "../base/errors.ts";

/** Runs a command with its parsed command line. @throws UsageError, and whatever the command throws */
export async function runParsed(
  command: Pick<Command, "request" | "run">,
  { values, operands }: ReturnType<typeof parseCommandLine>,
): Promise<number | undefined> {
  let request;
  try {
    request = command.request(values, operands);
  } catch (error) {
    // Errors that say more than a message stay as they are.
    if (Object.getPrototypeOf(error) !== UsageError.prototype) throw error;
    const { nameOption } = await import("./name_option.ts");
    throw nameOption(error as UsageError, values.all(), operands);
  }
  return await command.run(frozen(request as object));
}

/** Freezes a request and its parts: what changes while a command runs is kept elsewhere. Long lists are not frozen. */
function frozen<R extends object>(request: R): Readonly<R> {
  for (const part of Object.values(request)) {
    if (part && Object.getPrototypeOf(part) === Object.prototype) frozen(part);
  }
  return Object.freeze(request);
}
