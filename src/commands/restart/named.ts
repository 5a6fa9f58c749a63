import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { parseCommandLine } from "../../cli/parse.ts";
import { notedProcess } from "../../daemon/pidfile_daemon.ts";
import { readRecordedStart, type RecordedStart } from "../../daemon/recorded_start.ts";
import type { RestartOutcome, RestartResult } from "../../keeper/start/restart_kept.ts";
import { stopByPidfile } from "../../keeper/stop/stop_pidfile.ts";
import type { StopContext } from "../../keeper/stop/stop_context.ts";
import { isStopDone } from "../../keeper/stop/stop_outcome.ts";
import { enter } from "../../libc/descriptors/directory.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment, rawWords } from "../../libc/processes/process_image.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { tryWait } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { daemonCommand } from "../daemon/command.ts";

const PAUSE_MS = 5;

/** Restarts a daemon of `imp daemon -n` with its recorded words, in the environment of this command. Throws nothing. */
export async function restartNamed(
  name: string,
  path: string,
  context: Pick<StopContext, "looks" | "isInterrupted">,
): Promise<RestartOutcome> {
  const began = runtime.now();
  let result: RestartResult;
  try {
    result = await restart(name, path, context);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    result = { is: "failed", error };
  }
  return { ...result, name, ms: Math.round(runtime.now() - began) };
}

async function restart(
  name: string,
  path: string,
  context: Pick<StopContext, "looks" | "isInterrupted">,
): Promise<RestartResult> {
  const recorded = readRecordedStart(path);
  refuseKeptDescriptors(name, recorded);
  const outcome = await stopByPidfile(name, path, { ...context, grace: "as set" });
  if (!isStopDone(outcome)) return { is: "not stopped", outcome };
  const before = outcome.is === "stopped" ? outcome.pid : undefined;
  await startAgain(name, recorded);
  const process = notedProcess(path);
  if (!process) return { is: "not started", reason: "its lock names no process", notes: [] };
  const notes = ["its environment is that of this command"];
  return { is: "runs", program: process, ready: true, before, notes };
}

/** Descriptors that it got by number from its caller no longer exist. */
function refuseKeptDescriptors(name: string, { words }: RecordedStart): void {
  const { values, operands } = parseCommandLine(daemonCommand, words);
  const { settings } = daemonCommand.request(values, operands);
  if (settings.keep.length === 0) return;
  throw new ImpError({
    action: `restart '${name}'`,
    why: "it was started with descriptors of its caller (--keep-fd), which are gone",
    hint: "stop it, and start it with them again",
    exit: EXIT.no,
  });
}

async function startAgain(name: string, { words, directory }: RecordedStart): Promise<void> {
  const [self, ...first] = runtime.selfCommand();
  const here = workingDirectory();
  // Nothing else happens between the two: the working directory belongs to the whole process.
  enter(directory);
  const pid = spawn({
    path: self,
    argv: rawWords([self, ...first, "--quiet", "daemon", ...words]),
    env: rawEnvironment(),
  });
  enter(here);
  if (pid < 0) throw notStarted(name, "imp cannot be started");
  for (;;) {
    const end = tryWait(pid);
    if (end === undefined) return;
    if (end !== "running") {
      if (end.ending.how === "exit" && end.ending.code === 0) return;
      throw notStarted(name, "imp daemon has failed, see its message");
    }
    await runtime.sleep(PAUSE_MS);
  }
}

function notStarted(name: string, why: string): ImpError {
  return new ImpError({ action: `start '${name}' again`, why, exit: EXIT.no });
}
