import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { ENOSPC } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";

/** What cannot be watched, and why. */
export interface WatchTrouble {
  readonly path: string;
  /** An errno, or the type of one of the kernel's own file systems. */
  readonly code: number | string;
}

/** For the caller that starts a daemon. */
export function troubleError({ path, code }: WatchTrouble): ImpError {
  const exit = EXIT.failed;
  if (typeof code === "string") {
    return new ImpError({
      action: "watch",
      object: path,
      why:
        `its files are the kernel's own (${code}): they change without a word, or because imp itself runs`,
      hint: "--on-change takes files and directories of other file systems",
      exit,
    });
  }
  if (code !== ENOSPC) return systemError(code, "watch", path, { exit });
  const { name, value } = inotifyLimit("watches");
  return new ImpError({
    action: "watch",
    object: path,
    why: `the limit of watches is reached (${name} is ${value}); each directory takes one`,
    hint: `sysctl ${name}=1048576 raises it; --ignore leaves directories out`,
    exit,
  });
}

/** The limit of the machine, or of this user namespace if lower. */
export function inotifyLimit(what: "watches" | "instances"): { name: string; value: string } {
  const read = (path: string) => (readTextOrNothing(`/proc/sys/${path}`) ?? "").trim();
  const machine = read(`fs/inotify/max_user_${what}`), space = read(`user/max_inotify_${what}`);
  return space !== "" && Number(space) < Number(machine || Infinity)
    ? { name: `user.max_inotify_${what}`, value: space }
    : { name: `fs.inotify.max_user_${what}`, value: machine || "not known" };
}
