import { ImpError } from "../base/errors.ts";
import { O_RDWR } from "../libc/abi.ts";
import { systemError } from "../libc/calling/errno.ts";
import { enter } from "../libc/descriptors/directory.ts";
import { closeFile, moveUp, openFile } from "../libc/descriptors/files.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { workingDirectory } from "../libc/processes/process.ts";
import { rawWord } from "../libc/processes/process_image.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import { spawn } from "../libc/processes/spawn.ts";
import { type Ending, tryWait } from "../libc/processes/wait.ts";
import { daemonEnvironment } from "../daemon/environment.ts";
import { runtime } from "../runtime/mod.ts";
import type { KeptPlace } from "./home.ts";
import { readKeptEnvironment } from "./records/kept_records.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

const PAUSE_MS = 10;

/**
 * Runs what reloads a daemon, with its environment, in its directory; MAINPID is its main process. What it writes goes to where the
 * command's own messages go.
 * @throws ImpError when it cannot be executed
 */
export async function runReloadCommand(
  place: KeptPlace,
  settings: KeptSettings,
  words: readonly string[],
  mainPid: number,
): Promise<Ending> {
  const env = daemonEnvironment({
    inherited: readKeptEnvironment(place) ?? [],
    given: [...settings.environment.map(rawWord), `MAINPID=${mainPid}`],
  });
  const path = findProgram(words[0], env, settings.directory);
  const here = workingDirectory();
  const nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  try {
    // Nothing else happens between the two: the working directory is the process'.
    enter(settings.directory);
    const pid = spawn({
      path,
      argv: words.map(rawWord),
      env,
      newSession: true,
      descriptors: [[nothing, 0], [2, 1], [2, 2]],
    });
    enter(here);
    if (pid < 0) throw systemError(-pid, "execute", words[0]);
    return await endOf(pid);
  } finally {
    closeFile(nothing);
  }
}

async function endOf(pid: number): Promise<Ending> {
  for (;;) {
    const end = tryWait(pid);
    if (end === undefined) throw new ImpError({ action: "wait for", object: `pid ${pid}` });
    if (end !== "running") return end.ending;
    await runtime.sleep(PAUSE_MS);
  }
}
