import { O_PATH, SIGCHLD } from "../libc/abi.ts";
import { O_DIRECTORY } from "../libc/machine.ts";
import { ignoreLibcsSignal } from "../libc/processes/dispositions.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import type { Ending } from "../libc/processes/wait.ts";
import { startBlocked } from "./blocked_start.ts";
import type { InitObserver, InitSettings } from "./settings.ts";
import { debug } from "../base/diagnostics.ts";
import { callersDescriptors } from "../libc/descriptors/descriptors.ts";
import { requireZero } from "../libc/calling/errno.ts";
import { tryOpen } from "../libc/descriptors/files.ts";
import {
  becomeSubreaper,
  changeDirectory,
  isInit,
  setParentDeathSignal,
} from "../libc/processes/process.ts";
import { openSignalfd } from "../libc/processes/signalfd.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { awaitedSignals } from "./forwarding.ts";
import { findJobControl } from "./job_control.ts";
import { startProgram } from "./start_program.ts";
import { type Supervised, Supervisor } from "./supervisor.ts";
import { takeWoken, type Woken } from "./woken.ts";

/**
 * Runs a program as its init: as PID 1, or as a subreaper elsewhere. Returns when the program and everything it left
 * behind have ended.
 *
 * Only in a process of its own: it blocks all signals and reaps every child.
 * @returns how the program ended
 * @throws ImpError if it cannot be started; then nothing runs
 */
export function runInit(settings: InitSettings, observer: InitObserver): Promise<Ending> {
  // If the caller ignores SIGCHLD, the kernel would reap the children itself, and their exit statuses would be lost.
  resetSignal(SIGCHLD);
  ignoreLibcsSignal();
  const env = startBlocked();
  return supervise(settings, observer, env);
}

/**
 * Starts the program and stays until everything has ended. Every thread of this process has the awaited signals
 * blocked.
 */
async function supervise(
  settings: InitSettings,
  observer: InitObserver,
  env: readonly Bytes[],
): Promise<Ending> {
  // Before opening anything here.
  const descriptors = callersDescriptors();
  const woken = takeWoken();
  const begun = woken ? goOn(settings, woken) : begin(settings, observer, env, descriptors);
  const supervisor = new Supervisor({ settings, observer, ...begun, woken });
  for (;;) {
    const ending = supervisor.run();
    if (ending) return ending;
    const { restInPlace } = await import("./rest/rest.ts");
    // Returns if that is not possible.
    restInPlace({ settings, supervisor, ...begun, env, descriptors, words: woken?.words });
  }
}

type Begun = Pick<Supervised, "signals" | "control" | "program">;

function begin(
  settings: InitSettings,
  observer: InitObserver,
  env: readonly Bytes[],
  descriptors: readonly number[],
): Begun {
  if (settings.subreaper && !isInit()) requireZero(becomeSubreaper(), "become", "a subreaper");
  if (settings.parentDeath !== undefined) {
    requireZero(setParentDeathSignal(settings.parentDeath), "ask for", "a parent-death signal");
  }
  observer.starting();
  const signals = openSignalfd(awaitedSignals());
  const control = findJobControl(settings);
  const { words, resetsIgnored } = settings;
  const program = startProgram({ words, env, descriptors, control, resetsIgnored });
  debug("init", "started", { pid: program, group: control.plan });
  leaveDirectory();
  return { signals, control, program };
}

/** This process has rested. Its relation to its parent, children and terminal is unchanged. */
function goOn(settings: InitSettings, { program, plan }: Woken): Begun {
  const signals = openSignalfd(awaitedSignals());
  return { signals, control: { ...findJobControl(settings), plan }, program };
}

/** A directory in use by init could not be unmounted. */
export function leaveDirectory(): void {
  const root = tryOpen("/", O_PATH | O_DIRECTORY);
  if (root >= 0) changeDirectory(root);
}
