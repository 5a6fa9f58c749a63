import type { Command, Option } from "../../cli/options.ts";
import { parseCommandLine, type Parsed } from "../../cli/parse.ts";
import { reportError } from "../../cli/report.ts";
import { runParsed } from "../../cli/run_parsed.ts";
import { isSecureExecution } from "../../libc/users/secure_execution.ts";
import { runtime } from "../../runtime/mod.ts";

/**
 * Runs the command of this bundle and exits, as main.ts does.
 * @returns false: the line is not understood, or asks for help or diagnostics, and nothing was done. The bundle of all
 * commands has what it takes.
 */
export async function runBrief<R extends object, O extends Option>(
  command: Command<R, O>,
): Promise<boolean> {
  const code = isSecureExecution() ? await refusal() : undefined;
  if (code !== undefined) runtime.exit(code);
  const parsed = understood(command as unknown as Command);
  if (!parsed) return false;
  const status = await run(command as unknown as Command, parsed);
  if (status !== undefined) runtime.exit(status);
  return true;
}

async function refusal(): Promise<number | undefined> {
  const { reportForeignRights } = await import("../../cli/foreign_rights.ts");
  return await reportForeignRights();
}

function understood(command: Command): Parsed | undefined {
  try {
    const parsed = parseCommandLine(command, runtime.args().slice(1));
    return ["help", "verbose"].some((name) => parsed.values.has(name)) ? undefined : parsed;
  } catch {
    return undefined;
  }
}

async function run(command: Command, parsed: Parsed): Promise<number | undefined> {
  try {
    return await runParsed(command, parsed);
  } catch (error) {
    return await reportError(error, `imp ${command.name}`, parsed.operands);
  }
}
