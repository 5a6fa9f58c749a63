import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { closeOnExecFrom, isInit, workingDirectory } from "../libc/process.ts";
import { resetSignal } from "../libc/signals.ts";
import { absolute } from "../libc/program_file.ts";
import { prepare } from "./prepare.ts";
import type { Daemon, DaemonSettings } from "./settings.ts";
import { start } from "./start.ts";

const SIGCHLD = 17;
const LOWEST_DESCRIPTOR = 3;

/**
 * Starts a daemon. When this returns, exec has succeeded and the pidfile is complete; when it throws, nothing of the
 * daemon runs and nothing of it is on disk.
 * @param report tells the outside; when that fails, the daemon is ended again, since nobody would know of it
 */
export async function daemonize(
  given: DaemonSettings,
  report: (daemon: Daemon) => void,
): Promise<void> {
  refuseAsInit();
  // A caller that ignores SIGCHLD would make every wait fail.
  resetSignal(SIGCHLD);
  const here = workingDirectory();
  const settings = withAbsolutePaths(given, here);
  const prepared = await prepare(settings, here);
  closeOnExecFrom(LOWEST_DESCRIPTOR);
  const tell = (daemon: Daemon) => reportOrEnd(daemon, report);
  if (settings.pidfile === undefined) return await tell(await start(prepared));
  const { startWithPidfile } = await import("./start_with_pidfile.ts");
  await startWithPidfile(prepared, settings.pidfile, tell);
}

/** Paths from the root on, because the working directory changes before they are used. */
function withAbsolutePaths(settings: DaemonSettings, here: string): DaemonSettings {
  const from = (path: string | undefined) => path === undefined ? undefined : absolute(path, here);
  return {
    ...settings,
    // Inside a chroot it is a path of the new root.
    directory: absolute(settings.directory, settings.chroot === undefined ? here : "/"),
    stdin: from(settings.stdin),
    stdout: from(settings.stdout),
    stderr: from(settings.stderr),
    pidfile: from(settings.pidfile),
    chroot: from(settings.chroot),
  };
}

async function reportOrEnd(daemon: Daemon, report: (daemon: Daemon) => void): Promise<void> {
  try {
    report(daemon);
  } catch (error) {
    const { endSession } = await import("./undo.ts");
    endSession(daemon.pid);
    throw error instanceof ImpError
      ? error.with({
        details: [`  the daemon (pid ${daemon.pid}) was ended again: nobody would know of it`],
        exit: EXIT.failed,
      })
      : error;
  }
}

function refuseAsInit(): void {
  if (!isInit()) return;
  throw new ImpError({
    action: "start",
    object: "a daemon as PID 1",
    why: "when PID 1 exits, the kernel ends every process of its PID namespace, the daemon too",
    hint: "run PROGRAM itself as PID 1, or imp from a shell that stays",
    exit: EXIT.failed,
  });
}
