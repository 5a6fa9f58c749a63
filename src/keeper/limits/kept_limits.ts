// A daemon's limits: checked before a start is recorded, set on its control group before its program runs.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { O_WRONLY } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { moveUp, openFile, readLink } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { makeCgroup, writeCgroupFile } from "../../termination/cgroup.ts";
import { enableController } from "../../termination/cgroup_controllers.ts";
import type { KeptPlace } from "../home.ts";
import { cgroupOfKept } from "../tree/kept_cgroup.ts";
import { type LimitFile, limitFiles, type ResourceLimits, UNLIMITED } from "./resource_limits.ts";

/** @throws ImpError if the host does not let imp set such limits: what is missing, and how to get it */
export function checkLimits(limits: ResourceLimits): void {
  for (const { controller, option } of limitFiles(limits, diskOf)) {
    const missing = enableController(controller);
    if (missing) throw new ImpError({ action: "apply", object: option, exit: EXIT.no, ...missing });
  }
}

/** A control group that is ready for a program. */
export interface LimitedGroup {
  readonly path: string;
  /** A forked child's steps to be in it from its first instruction. */
  readonly steps: readonly ChildStep[];
  /** Close it once the program has been started. */
  readonly descriptor: number;
}

/** Makes the control group of a daemon and sets its limits. @throws ImpError */
export function prepareLimits(
  place: KeptPlace,
  recorded: string | undefined,
  limits: ResourceLimits,
): LimitedGroup {
  checkLimits(limits);
  const path = recorded ?? cgroupOfKept(place)!;
  const errno = makeCgroup(path);
  if (errno !== undefined) throw systemError(errno, "make control group", path);
  const files = limitFiles(limits, diskOf);
  for (const [file, text] of UNLIMITED) {
    // Without its controller there is no such file.
    if (!files.some((one) => one.file === file)) writeCgroupFile(`${path}/${file}`, text);
  }
  for (const one of files) set(path, one);
  const fd = moveUp(openFile(`${path}/cgroup.procs`, O_WRONLY), FLOOR.job);
  return { path, steps: [{ do: "write", fd, text: "0" }], descriptor: fd };
}

function set(group: string, { file, text, option }: LimitFile): void {
  const errno = writeCgroupFile(`${group}/${file}`, text);
  if (errno === undefined) return;
  const there = typeof statPath(`${group}/${file}`) !== "string";
  throw systemError(errno, "apply", `${option} (${text})`, {
    ...there ? {} : { why: `this kernel has no ${file}` },
    exit: EXIT.failed,
  });
}

/** The whole disk behind a path: partitions cannot be limited. @throws ImpError */
function diskOf(path: string): string {
  const status = statPath(path);
  if (typeof status === "string") {
    throw systemError(status, "limit the disk of", path);
  }
  const device = status.kind === "block" ? status.special : status.device;
  const at = readLink(`/sys/dev/block/${device}`);
  if (at === undefined) {
    throw new ImpError({
      action: "limit the disk of",
      object: path,
      why: `it is not on a disk of this machine (${device})`,
      hint: "name a block device, or a file on one",
      exit: EXIT.no,
    });
  }
  const whole = typeof statPath(`/sys/dev/block/${device}/partition`) === "string"
    ? undefined
    : /([^/]+)\/[^/]+$/.exec(at)?.[1];
  const disk = whole === undefined ? undefined : statPath(`/dev/${whole}`);
  return disk === undefined || typeof disk === "string" ? device : disk.special;
}
