import { ImpError } from "../../base/errors.ts";
import { formatDuration } from "../../base/duration.ts";
import { O_RDWR } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { workIn } from "../../libc/descriptors/directory.ts";
import { closeFile, moveUp, openFile } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { describeEnding, tryWait } from "../../libc/processes/wait.ts";
import { daemonEnvironment } from "../../daemon/environment.ts";
import { runtime } from "../../runtime/mod.ts";
import { identityOf } from "../../termination/identity.ts";
import { sessionLedBy } from "../../termination/scope.ts";
import { killBlocking } from "../../termination/termination.ts";
import type { KeptPlace } from "../home.ts";
import { readKeptEnvironment } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { directoryOfCommands } from "./commands_place.ts";

/** An owner's command that a command of imp runs itself. */
export interface OwnersCommand {
  readonly place: KeptPlace;
  readonly settings: KeptSettings;
  readonly hook: "stop" | "reload";
  /** The daemon's main process; 0 if there is none. */
  readonly mainPid: number;
  readonly timeoutMs: number;
  /** Whether it need not be waited for any longer. */
  readonly isOver: () => boolean;
}

const PAUSE_MS = 10;

/**
 * Runs it in the daemon's directory, with the daemon's environment; MAINPID and IMP_PID are the main process. Its
 * output goes where imp's own messages go. One that exceeds its time is killed with its session.
 * @returns why it failed, in a sentence; undefined: it exited with 0, or need not be waited for
 */
export async function runOwnersCommand(command: OwnersCommand): Promise<string | undefined> {
  const { settings, hook, timeoutMs, isOver } = command;
  const words = settings.hooks[hook] ?? [];
  const what = `--${hook}-cmd '${words.join(" ")}'`;
  let pid: number;
  try {
    pid = start(command, words);
  } catch (error) {
    if (error instanceof ImpError) return `${what}: ${error.message}`;
    throw error;
  }
  const identity = identityOf(pid);
  const deadline = runtime.now() + timeoutMs;
  for (;;) {
    const end = tryWait(pid);
    if (end === undefined) return undefined;
    if (end !== "running") {
      const { ending } = end;
      if (ending.how === "exit" && ending.code === 0) return undefined;
      return `${what}: ${describeEnding(ending)}`;
    }
    const late = runtime.now() > deadline;
    if (late || isOver()) {
      killBlocking(sessionLedBy(pid, identity));
      tryWait(pid);
      return late ? `${what} took longer than ${formatDuration(timeoutMs)}` : undefined;
    }
    await runtime.sleep(PAUSE_MS);
  }
}

/** @throws ImpError if it cannot be executed */
function start(
  { place, settings, hook, mainPid }: OwnersCommand,
  words: readonly string[],
): number {
  const env = daemonEnvironment({
    inherited: settings.clearEnvironment ? [] : readKeptEnvironment(place) ?? [],
    given: [
      ...settings.environment.map(rawWord),
      `IMP_HOOK=${hook}`,
      `IMP_NAME=${place.name}`,
      `IMP_DIRECTORY=${place.directory}`,
      `IMP_PID=${mainPid}`,
      `MAINPID=${mainPid}`,
    ],
  });
  const path = findProgram(words[0], env, "/");
  const nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  try {
    const pid = workIn(directoryOfCommands(settings), () =>
      spawn({
        path,
        argv: words.map(rawWord),
        env,
        newSession: true,
        descriptors: [[nothing, 0], [2, 1], [2, 2]],
      }));
    if (pid < 0) throw systemError(-pid, "execute", words[0]);
    return pid;
  } finally {
    closeFile(nothing);
  }
}
