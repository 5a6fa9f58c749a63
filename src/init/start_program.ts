import { ENGINE_SIGNAL } from "../libc/abi_signals.ts";
import { wordText } from "../libc/processes/process_image.ts";
import { RLIMIT_NOFILE, SIGCHLD, SIGRTMIN } from "../libc/abi.ts";
import { EXIT } from "../base/exit_codes.ts";
import { execError, findProgram, isShellScript } from "../libc/processes/program_file.ts";
import { errnoName, PROCESS_LIMIT_HINT, systemError } from "../libc/calling/errno.ts";
import { callersIgnoredSignals, whileIgnored } from "../libc/processes/dispositions.ts";
import { readLink } from "../libc/descriptors/files.ts";
import { detachTerminal } from "../libc/processes/job_control.ts";
import { getLimit, setLimit } from "../libc/users/limits.ts";
import { parentPid, workingDirectory } from "../libc/processes/process.ts";
import { type Bytes, spawn, type SpawnRequest } from "../libc/processes/spawn.ts";
import { readLimits } from "../procfs/limits.ts";
import { runtime } from "../runtime/mod.ts";
import { type JobControl, terminalToGive } from "./job_control.ts";

export interface Start {
  readonly words: readonly Bytes[];
  readonly env: readonly Bytes[];
  /** The caller's descriptors from 3 on. */
  readonly descriptors: readonly number[];
  readonly control: JobControl;
  /** Standard signals that the caller ignores get their default action too. */
  readonly resetsIgnored?: boolean;
}

/**
 * Starts the program with an empty signal mask and default dispositions, except for signals that the caller ignored, as
 * nohup(1) does SIGHUP.
 * @returns its PID
 * @throws ImpError with exit status 127 or 126 if it cannot be executed
 */
export function startProgram(
  { words, env, descriptors, control, resetsIgnored = false }: Start,
): number {
  const file = findProgram(wordText(words[0]), env, workingDirectory());
  restoreOpenFiles();
  const request: SpawnRequest = {
    path: file,
    argv: words,
    env,
    descriptors: descriptors.map((fd) => [fd, fd] as const),
    keepIgnored: callersIgnoredSignals().filter((n) =>
      n !== SIGCHLD && !(resetsIgnored && n < SIGRTMIN)
    ),
    ...placeOf(control),
  };
  const pid = attempt(request);
  if (pid > 0) return pid;
  if (errnoName(-pid) !== "ENOEXEC" || !isShellScript(file)) throw failure(file, -pid);
  // Like execvp(3) and every shell for a script without a #! line.
  const argv = ["/bin/sh", file, ...words.slice(1)];
  const again = attempt({ ...request, path: "/bin/sh", argv });
  if (again > 0) return again;
  throw failure("/bin/sh", -again);
}

function attempt(request: SpawnRequest): number {
  const ignored = request.keepIgnored?.includes(ENGINE_SIGNAL);
  const pid = ignored ? whileIgnored(ENGINE_SIGNAL, () => spawn(request)) : spawn(request);
  if (pid > 0 || request.foregroundOf === undefined) return pid;
  // The terminal may have been hung up just now: that must not prevent the start.
  return ["ENOTTY", "EPERM", "EIO"].includes(errnoName(-pid))
    ? spawn({ ...request, foregroundOf: undefined })
    : pid;
}

function placeOf(control: JobControl): Partial<SpawnRequest> {
  switch (control.plan) {
    case "own":
      return { group: 0, foregroundOf: terminalToGive(control) };
    case "shared":
      return {};
    case "session":
      return { newSession: true, terminal: terminalToHandOn(control) };
  }
}

/**
 * A session leader can pass its terminal to the program's new session by giving it up first: the kernel then sends
 * SIGHUP and SIGCONT to the foreground group, ours; the caller must not forward these.
 */
function terminalToHandOn({ leadsSession, terminal }: JobControl): string | undefined {
  if (!leadsSession || terminal === undefined) return undefined;
  const path = readLink(`/proc/self/fd/${terminal}`);
  return path?.startsWith("/dev/") && detachTerminal(terminal) ? path : undefined;
}

/** Deno raises the soft limit on open files; the parent process still shows the original. */
function restoreOpenFiles(): void {
  if (!runtime.raisesOpenFiles) return;
  const limits = readLimits(parentPid());
  const parent = limits instanceof Map ? limits.get("nofile") : undefined;
  const own = getLimit(RLIMIT_NOFILE);
  if (parent && parent.soft < own.soft && parent.hard === own.hard) {
    setLimit(RLIMIT_NOFILE, parent);
  }
}

function failure(file: string, code: number) {
  if (!["EAGAIN", "ENOMEM"].includes(errnoName(code))) return execError(file, code);
  const hint = errnoName(code) === "EAGAIN" ? PROCESS_LIMIT_HINT : "there is no memory left";
  return systemError(code, "start", file, { hint, exit: EXIT.failed });
}
