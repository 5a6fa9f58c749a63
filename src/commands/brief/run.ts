import type { Command, Option } from "../../cli/options.ts";
import { parseCommandLine } from "../../cli/parse.ts";
import { reportError } from "../../cli/report.ts";
import { runParsed } from "../../cli/run_parsed.ts";
import { isSecureExecution } from "../../libc/users/secure_execution.ts";
import { runtime } from "../../runtime/mod.ts";

/** Runs the command of this bundle and exits, as main.ts does. */
export async function runBrief<R extends object, O extends Option>(
  command: Command<R, O>,
): Promise<void> {
  const code = isSecureExecution() ? await refusal() : undefined;
  const status = code ?? await run(command as unknown as Command);
  if (status !== undefined) runtime.exit(status);
}

async function refusal(): Promise<number | undefined> {
  const { reportForeignRights } = await import("../../cli/foreign_rights.ts");
  return await reportForeignRights();
}

async function run(command: Command): Promise<number | undefined> {
  let operands: readonly string[] = [];
  try {
    const parsed = parseCommandLine(command, runtime.args().slice(1));
    operands = parsed.operands;
    return await runParsed(command, parsed);
  } catch (error) {
    return await reportError(error, `imp ${command.name}`, operands);
  }
}
