import { RLIMIT_NOFILE } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { ChildStep } from "../libc/processes/child_program.ts";
import {
  errnoName,
  PROCESS_LIMIT_HINT,
  requireZero,
  systemError,
  UNMAPPED_HINT,
} from "../libc/calling/errno.ts";
import { setLimit } from "../libc/users/limits.ts";
import {
  changeDirectory,
  NICE_HINT,
  setNice,
  setUmask,
  startSession,
} from "../libc/processes/process.ts";
import { spawn } from "../libc/processes/spawn.ts";
import { chooseRoute, daemonSteps, type Prepared } from "./plan.ts";
import { execError, isShellScript } from "../libc/processes/program_file.ts";
import type { Daemon, DaemonSettings, Route } from "./settings.ts";

/** Starts the prepared program by the route that fits. @throws ImpError if it does not run; then nothing is left */
export async function start(prepared: Prepared): Promise<Daemon> {
  const { files } = prepared;
  const file = files[files.length - 1];
  const outcome = await attempt(prepared);
  if (typeof outcome !== "number") return outcome;
  if (prepared.settings.chroot !== undefined) throw failureInside(prepared, outcome);
  if (errnoName(outcome) !== "ENOEXEC" || !isShellScript(file)) throw execFailure(file, outcome);
  // Like execvp(3) and every shell for a script without a #! line.
  debug("daemon", "no interpreter line: /bin/sh runs it", { file });
  const argv = ["/bin/sh", file, ...prepared.argv.slice(1)];
  const again = await attempt({ ...prepared, files: ["/bin/sh"], argv, interpreters: [] });
  if (typeof again !== "number") return again;
  throw execFailure("/bin/sh", again);
}

/** @returns the daemon, or the errno of exec */
async function attempt(prepared: Prepared): Promise<Daemon | number> {
  const wanted = prepared.confinement ? "fork" : chooseRoute(prepared.settings);
  if (wanted === "spawn") {
    const outcome = bySpawn(prepared);
    if (outcome !== "no session") return toDaemon(outcome, "spawn");
    debug("daemon", "imp leads a pipeline and cannot start a session itself: forking");
  }
  return toDaemon(await byFork(prepared), "fork");
}

function toDaemon(outcome: number, route: Route): Daemon | number {
  return outcome > 0 ? { pid: outcome, route } : -outcome;
}

/**
 * The fast route. imp is about to exit anyway, so it plays the textbook's middle process itself: it leads the session,
 * takes on the daemon's settings and starts the daemon as its child. When imp exits, the daemon is an orphan in a
 * session without a leader, exactly as after two forks.
 * @returns the PID, or -errno
 */
function bySpawn(prepared: Prepared): number | "no session" {
  const { settings, directory, descriptors, openFiles, files, argv, env } = prepared;
  if (settings.secondFork && !startSession()) return "no session";
  if (directory !== undefined) {
    requireZero(changeDirectory(directory), "change directory to", settings.directory);
  }
  if (settings.nice !== undefined) {
    const code = setNice(settings.nice);
    if (code !== 0) throw stepFailure({ do: "nice", value: settings.nice }, code, settings);
  }
  if (openFiles) requireZero(setLimit(RLIMIT_NOFILE, openFiles), "set the limit of", "open files");
  setUmask(settings.umask);
  debug("daemon", "starting by posix_spawn", { file: files[0] });
  return spawn({ path: files[0], argv, env, descriptors, newSession: !settings.secondFork });
}

async function byFork(prepared: Prepared): Promise<number> {
  const steps = daemonSteps(prepared);
  debug("daemon", "starting by fork", { steps: steps.map((step) => step.do).join(" ") });
  // Loaded only here: the fast route needs none of it.
  const { forkAndExecute } = await import("../libc/processes/fork.ts");
  const outcome = forkAndExecute(steps);
  if ("pid" in outcome) return outcome.pid;
  if (["execute", "may-execute"].includes(outcome.failed.do)) return -outcome.code;
  throw stepFailure(outcome.failed, outcome.code, prepared.settings);
}

/** Inside another root imp cannot look at the files itself: there is only exec's answer. */
function failureInside({ settings, files, argv }: Prepared, code: number): ImpError {
  const exit = errnoName(code) === "ENOENT" ? EXIT.notFound : EXIT.cannotExecute;
  const name = files.length > 1 ? String(argv[0]) : files[0];
  const looked = `looked for ${files.join(", ")}`;
  return systemError(code, "execute", `${name} inside ${settings.chroot}`, {
    hint: `${looked}; an interpreter or loader that is missing there says ENOENT too`,
    exit,
  });
}

function execFailure(file: string, code: number): ImpError {
  const name = errnoName(code);
  if (name === "EAGAIN" || name === "ENOMEM") {
    const hint = name === "EAGAIN" ? PROCESS_LIMIT_HINT : "there is no memory left";
    return systemError(code, "start", file, { hint, exit: EXIT.failed });
  }
  return execError(file, code);
}

/** Reports which step of the fork route failed, in the user's words. */
function stepFailure(step: ChildStep, code: number, settings: DaemonSettings): ImpError {
  const [action, object] = describe(step, settings);
  return systemError(code, action, object, { hint: hintFor(step, code), exit: EXIT.failed });
}

function hintFor(step: ChildStep, code: number): string | undefined {
  const name = errnoName(code);
  if (name === "EAGAIN") return PROCESS_LIMIT_HINT;
  if (step.do === "nice" && name === "EACCES") return NICE_HINT;
  const identity = ["groups", "gid", "uid"].includes(step.do);
  return identity && ["EPERM", "EINVAL"].includes(name) ? UNMAPPED_HINT : undefined;
}

function describe(
  step: ChildStep,
  { directory, chroot, pidfile, stdout, stderr }: DaemonSettings,
): [action: string, object: string] {
  switch (step.do) {
    case "chroot":
      return ["change the root directory to", `${chroot}`];
    case "fchdir":
      return ["change directory to", chroot ?? directory];
    case "chdir":
      return ["change directory to", chroot ? `${directory} inside ${chroot}` : directory];
    case "nice":
      return ["set the nice value to", String(step.value)];
    case "limit":
      return ["set", `resource limit ${step.resource}`];
    case "groups":
      return ["join", `groups ${step.gids.join(", ")}`];
    case "gid":
      return ["become", `group ${step.gid}`];
    case "uid":
      return ["become", `user ${step.uid}`];
    case "dup2":
      return ["redirect", `descriptor ${step.to}`];
    case "controlling-terminal":
      return ["take", "its terminal as the controlling one"];
    case "own-stat":
    case "own-pid":
      return ["write", `pidfile ${pidfile}`];
    case "truncate":
      return ["empty", [stdout, stderr].filter((path) => path !== undefined).join(" or ")];
    case "unshare":
    case "write-file":
    case "hide-mounts":
    case "bind":
    case "read-only":
    case "writable":
    case "memory-files":
    case "loopback-up":
      return ["apply", `the step ${step.do} of its sandbox`];
    case "write":
      return ["join", "the control group of the daemon"];
    case "no-children":
      return ["apply --no-children to", "the daemon"];
    default:
      return ["do step", step.do];
  }
}
