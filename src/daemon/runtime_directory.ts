import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, errnoName, systemError } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { callersVariable } from "../libc/processes/process_image.ts";

/**
 * The directory for what lasts until shutdown: `$IMP_HOME`, else /run/imp for root, else `$XDG_RUNTIME_DIR/imp`, else
 * `run` in imp's state directory.
 * @throws ImpError if none of them is known
 */
export function runtimeDirectory(): string {
  const home = callersVariable("IMP_HOME");
  if (home) return home;
  if (libc("geteuid").geteuid() === 0) return "/run/imp";
  const session = absoluteOrNothing(callersVariable("XDG_RUNTIME_DIR"));
  if (session) return `${session}/imp`;
  const state = absoluteOrNothing(callersVariable("XDG_STATE_HOME")) ??
    within(callersVariable("HOME"), ".local/state");
  if (state) return `${state}/imp/run`;
  throw new ImpError({
    action: "find",
    object: "a directory for what lives while the machine is up",
    why: "none of IMP_HOME, XDG_RUNTIME_DIR, XDG_STATE_HOME and HOME is set",
    hint: "set IMP_HOME; imp daemon also takes the file itself: -p PIDFILE",
    exit: EXIT.failed,
  });
}

/** Creates imp's own directory, 0700, with its parents. @throws ImpError, also if it is somebody else's */
export function makeRuntimeDirectory(path: string): void {
  let made = "";
  for (const part of path.split("/").filter(Boolean)) {
    made += `/${part}`;
    const status = statPath(made);
    if (typeof status !== "string" && status.kind === "directory") continue;
    const code = scratch(() => libc("mkdir").mkdir(cString(made), 0o700) === 0 ? 0 : errno());
    if (code === 0 || errnoName(code) === "EEXIST") continue;
    throw systemError(code, "make directory", made, {
      hint:
        "set IMP_HOME to a directory of your own; imp daemon also takes the file itself: -p PIDFILE",
      exit: EXIT.failed,
    });
  }
  refuseForeign(path);
}

/** Its owner could put files there before imp does, and replace imp's. */
function refuseForeign(path: string): void {
  const status = statPath(path);
  const own = [0, libc("geteuid").geteuid()];
  if (typeof status === "string" || own.includes(status.uid)) return;
  throw new ImpError({
    action: "use",
    object: `directory ${path}`,
    why: `it belongs to user ${status.uid}, who could exchange the files in it`,
    hint: "set IMP_HOME to a directory of your own",
    exit: EXIT.failed,
  });
}

/** A relative one must be ignored: XDG Base Directory Specification. */
function absoluteOrNothing(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}

function within(folder: string | undefined, path: string): string | undefined {
  return folder ? `${folder}/${path}` : undefined;
}
