import { FLOOR } from "../libc/descriptors/reserved.ts";
import {
  SIGALRM,
  SIGCHLD,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
} from "../libc/abi.ts";
import { ImpError, Interrupted } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { closeOnExecFrom, isInit, setUmask, workingDirectory } from "../libc/processes/process.ts";
import { dieBy } from "../libc/processes/die_by.ts";
import { resetSignal, setSignalMask, signalName, signalSet } from "../libc/processes/signals.ts";
import { absolute } from "../libc/processes/program_file.ts";
import type { Prepared } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { openRedirections, removeMade } from "./redirect.ts";
import type { Daemon, DaemonSettings } from "./settings.ts";
import { start } from "./start.ts";
import { SIGSET_BYTES } from "../libc/structs.ts";
import { ignoredSignals } from "../libc/processes/dispositions.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, scratch } from "../libc/calling/memory.ts";

/**
 * Starts a daemon. When this returns, exec has succeeded and the pidfile is complete; when it throws, nothing of the
 * daemon runs or is on disk. Signals that end imp are held back meanwhile: one that arrives before the report undoes
 * the start, and then ends imp.
 * @param report reports the start; if that fails, the daemon is ended again, since nobody would know of it
 */
export async function daemonize(
  given: DaemonSettings,
  report: (daemon: Daemon) => void,
): Promise<void> {
  refuseAsInit();
  // A caller that ignores SIGCHLD would make every wait fail.
  resetSignal(SIGCHLD);
  // A umask that takes rights from the owner would lock imp and the next start out of files made here.
  setUmask(setUmask(0o077) & 0o077);
  const here = workingDirectory();
  const settings = withAbsolutePaths(given, here);
  const prepared = await prepare(settings, here);
  closeOnExecFrom(FLOOR.standard);
  const check = holdSignals();
  const tell = (daemon: Daemon) => {
    check();
    report(daemon);
  };
  try {
    await startAs(prepared, check, tell);
  } catch (error) {
    if (error instanceof Interrupted) dieBy(error.signal);
    throw error;
  }
}

async function startAs(
  prepared: Prepared,
  check: () => void,
  tell: (daemon: Daemon) => void,
): Promise<void> {
  const { pidfile } = prepared.settings;
  if (pidfile === undefined) return await startWithFiles(prepared, check, tell);
  const { startWithPidfile } = await import("./start_with_pidfile.ts");
  await startWithPidfile(prepared, pidfile, check, (held) => startWithFiles(held, check, tell));
}

async function startWithFiles(
  prepared: Prepared,
  check: () => void,
  tell: (daemon: Daemon) => void,
): Promise<void> {
  const { descriptors, emptied, made } = openRedirections(prepared.settings, prepared.openFor);
  try {
    const all = [...descriptors, ...prepared.descriptors];
    const opened = { ...prepared, descriptors: all, emptied };
    await reportOrEnd(await startAndWait(opened, check), tell);
  } catch (error) {
    removeMade(made);
    throw error;
  }
}

async function startAndWait(prepared: Prepared, check: () => void): Promise<Daemon> {
  const { wait } = prepared.settings;
  if (!wait) return await start(prepared);
  const { startAndSee } = await import("./start_and_see.ts");
  return await startAndSee(prepared, wait, check);
}

/** Absolute paths, because the working directory changes before they are used. */
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
        details: [`  the daemon (pid ${daemon.pid}) was ended again: its PID could not be printed`],
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

/** What ends imp when somebody sends it. */
const ENDING = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM];

/**
 * Holds back signals that would end imp in the middle of a start. Complete if imp has a single thread, as the binary
 * does at this time; otherwise another thread may take them, and imp ends as before.
 * @returns a check that throws {@link Interrupted} after one has arrived
 */
function holdSignals(): () => void {
  const held = signalSet(ENDING);
  const before = setSignalMask(signalSet("none"));
  const bits = (set: Uint8Array, number: number) =>
    set[(number - 1) >> 3] >> ((number - 1) & 7) & 1;
  const own = ENDING.filter((number) => bits(before.bytes, number) === 0);
  before.bytes.forEach((byte, i) => held.bytes[i] |= byte);
  setSignalMask(held);
  return () => {
    const pending = scratch(() => {
      const set = allocate(SIGSET_BYTES);
      libc("sigpending").sigpending(set.address);
      return own.filter((number) => bits(set.bytes, number) === 1);
    });
    if (pending.length === 0) return;
    // A blocked signal stays pending even if it is ignored.
    const ignored = ignoredSignals();
    const first = pending.find((number) => !ignored.includes(number));
    if (first !== undefined) throw new Interrupted(signalName(first));
  };
}
