import { nap } from "../libc/time.ts";
import { AT_FDCWD, O_WRONLY, W_OK } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { ImpError } from "../base/errors.ts";
import { splitPath } from "../base/split_path.ts";
import { errno, errnoName } from "../libc/calling/errno.ts";
import { closeFile, readTextOrNothing, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, cString, scratch } from "../libc/calling/memory.ts";
import { ownPid } from "../libc/processes/process.ts";
import { linkCount, listDirectory, statPath } from "../libc/descriptors/stat.ts";
import {
  ownCgroupDirectory,
  readMounts,
  unifiedCgroup,
  unifiedDirectory,
} from "../procfs/cgroup.ts";

/**
 * A control group (version 2) for what imp starts. Nothing started in it can leave it by forking, and the kernel kills
 * all of it at once. imp enters it while starting things, because a new process is in its creator's group from the
 * first instant, and leaves before killing.
 */
export class RunCgroup {
  readonly path: string;

  private constructor(private readonly home: string, private readonly prefix: string) {
    // PIDs alone are not unique: other PID namespaces have them too.
    this.path = `${home}/${prefix}-${ownPid()}-${crypto.randomUUID().slice(0, 8)}`;
  }

  /** One below imp's own, not made yet. @returns undefined without cgroup v2 */
  static plan(prefix: string): RunCgroup | undefined {
    const home = ownCgroupDirectory();
    return home === undefined ? undefined : new RunCgroup(home, prefix);
  }

  /**
   * Makes the group and enters it. Whoever is to remove it if imp is killed must know of it before.
   * @returns false, having made nothing, if that is not possible: no permission, no cgroup.kill (Linux before 5.14)
   */
  enter(): boolean {
    const { path, home, prefix } = this;
    removeStale(home, prefix);
    if (scratch(() => libc("mkdir").mkdir(cString(path), 0o755)) < 0) return false;
    const entered = typeof statPath(`${path}/cgroup.kill`) !== "string" &&
      // Do not leave a group that we may not enter again.
      mayWrite(`${home}/cgroup.procs`) && write(`${path}/cgroup.procs`, "0");
    if (!entered) removeCgroup(path);
    return entered;
  }

  /** Returns to imp's own group. */
  leave(): void {
    write(`${this.home}/cgroup.procs`, "0");
  }

  /** Whether it contains a process that is not a zombie. */
  get populated(): boolean {
    return /^populated 1$/m.test(readTextOrNothing(`${this.path}/cgroup.events`) ?? "");
  }

  /** Kills everything in it; imp must have left. */
  kill(): void {
    write(`${this.path}/cgroup.kill`, "1");
  }

  /** @returns false if it is not empty yet */
  remove(): boolean {
    return removeCgroup(this.path);
  }
}

/** Where control groups for long-running things may be made. Directories. */
export interface CgroupSurroundings {
  /** imp's own group. */
  readonly own: string;
  /** The topmost group that is shown here. */
  readonly top: string;
  /** systemd manages the hierarchy. */
  readonly systemd: boolean;
  /** systemd has delegated it to whoever runs in it. */
  readonly isDelegated: (directory: string) => boolean;
  /** It belongs to this user, who is not root: only root can have given it away. */
  readonly isGiven: (directory: string) => boolean;
  readonly isWritable: (directory: string) => boolean;
}

/**
 * Pure: the group below which permanent groups may be made. Each part of the hierarchy has one writer (systemd's
 * CGROUP_DELEGATION): imp's own group or the one around it, if delegated; the topmost one if nobody manages it. If root
 * has given a user two of them, it is the outer one: the kernel limits nothing below a group that contains processes.
 * @returns undefined whenever that is in doubt
 */
export function cgroupForKept(
  { own, top, systemd, isDelegated, isGiven, isWritable }: CgroupSurroundings,
): string | undefined {
  // Called from within such a group, which would end the new one with it.
  const base = own.startsWith(`${top}/`) && nameOf(own).startsWith(KEPT_PREFIX)
    ? parentOf(own)
    : own;
  if (base.includes("/../")) return undefined;
  const around = base === top ? [] : [parentOf(base)];
  const delegated = [base, ...around].find((directory) =>
    // A user manager's group was delegated to the manager, and the top belongs to PID 1.
    !(systemd && directory === top) && !USER_MANAGER.test(nameOf(directory)) &&
    isDelegated(directory)
  );
  if (delegated !== undefined || systemd) return delegated;
  return [...around, base].find(isGiven) ?? (base === top && isWritable(top) ? top : undefined);
}

const KEPT_PREFIX = "imp-kept-";
const USER_MANAGER = /^user@\d+\.service$/;

/** Pure: the group of a kept daemon, the same for each of its runs. @param id tells it from others of its name */
export function keptCgroupName(name: string, id: string): string {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (31 * hash + id.charCodeAt(i)) >>> 0;
  return `${KEPT_PREFIX}${name}-${hash.toString(16).padStart(8, "0")}`;
}

/** The directory for permanent groups: {@link cgroupForKept} of this process. Making one there may still fail. */
export function findCgroupForKept(): string | undefined {
  const mounts = readMounts();
  const own = ownCgroupDirectory(mounts);
  const top = mounts.find(({ type, point }) =>
    type === "cgroup2" && (own === point || own?.startsWith(`${point}/`))
  )?.point;
  if (own === undefined || top === undefined) return undefined;
  return cgroupForKept({ own, top, systemd: hasSystemd(), isDelegated, isGiven, isWritable });
}

/** sd_booted(3) */
export function hasSystemd(): boolean {
  return typeof statPath("/run/systemd/system", false) !== "string";
}

function isGiven(directory: string): boolean {
  const status = statPath(directory, false);
  const user = libc("geteuid").geteuid();
  return user !== 0 && typeof status !== "string" && status.uid === user;
}

function isWritable(directory: string): boolean {
  return scratch(() => libc("faccessat").faccessat(AT_FDCWD, cString(directory), W_OK, 0) === 0);
}

/**
 * systemd marks delegation by an extended attribute: `trusted` for units of the system, `user` for a user's, and for
 * both since 251.
 */
function isDelegated(directory: string): boolean {
  const value = ["user.delegate", "trusted.delegate"].map((name) =>
    scratch(() => {
      const { address, bytes } = allocate(1);
      const size = libc("getxattr").getxattr(cString(directory), cString(name), address, 1);
      return size === 1 && bytes[0] === 0x31;
    })
  );
  return value.includes(true);
}

/** Moves a process into a group, making it if needed. @returns false if that is not possible */
export function joinCgroup(path: string, pid: number): boolean {
  const join = () => write(`${path}/cgroup.procs`, String(pid));
  if (join()) return true;
  return scratch(() => libc("mkdir").mkdir(cString(path), 0o755)) === 0 && join();
}

/**
 * If this process is in a kept daemon's group, takes these processes out of it: their daemon was started from within
 * it.
 */
export function leaveKeptCgroup(pids: readonly number[]): void {
  const path = unifiedCgroup("self");
  // The name is looked at first: it saves most callers the list of all mounts.
  if (path === undefined || !nameOf(path).startsWith(KEPT_PREFIX)) return;
  const own = unifiedDirectory(readMounts(), path);
  if (own === undefined || !nameOf(own).startsWith(KEPT_PREFIX)) return;
  for (const pid of pids) joinCgroup(parentOf(own), pid);
}

/** The processes of a group and its subgroups; none if there is no such group. */
export function cgroupMembers(path: string): number[] {
  const text = readTextOrNothing(`${path}/cgroup.procs`);
  if (text === undefined) return [];
  // 0 stands for processes of outer PID namespaces.
  const own = text.split("\n").map(Number).filter((pid) => pid > 0);
  return [...own, ...groupsBelow(path).flatMap(cgroupMembers)];
}

/** Kills everything in a group and its subgroups at once. */
export function killAllIn(path: string): void {
  write(`${path}/cgroup.kill`, "1");
}

/** Removes an empty group; processes just killed take a moment to leave it. @returns false if it still exists */
export function removeEmptyCgroup(path: string): boolean {
  for (let tries = 1; !removeCgroup(path); tries++) {
    const events = readTextOrNothing(`${path}/cgroup.events`) ?? "";
    if (tries === MOST_REMOVALS || events.includes("populated 1")) return false;
    nap(1);
  }
  return true;
}

const MOST_REMOVALS = 50;

function groupsBelow(path: string): string[] {
  // `.` and the parent's entry are counted too.
  if (linkCount(path) <= 2) return [];
  const names = listDirectory(path);
  return (typeof names === "string" ? [] : names).map((name) => `${path}/${name}`).filter((one) => {
    const status = statPath(one, false);
    return typeof status !== "string" && status.kind === "directory";
  });
}

/** Remains of a run whose imp and guard were killed at the same moment. Only empty groups can be removed. */
function removeStale(home: string, prefix: string): void {
  const names = listDirectory(home);
  for (const name of typeof names === "string" ? [] : names) {
    const pid = name.startsWith(`${prefix}-`)
      ? /^-(\d+)-/.exec(name.slice(prefix.length))?.[1]
      : "";
    if (pid && typeof statPath(`/proc/${pid}`) === "string") removeCgroup(`${home}/${name}`);
  }
}

/** For a guard, which may be in the group itself: leaves, kills, and removes it once it is empty. */
export function killCgroup(path: string): boolean {
  write(`${parentOf(path)}/cgroup.procs`, "0");
  write(`${path}/cgroup.kill`, "1");
  return removeCgroup(path);
}

/** With its subgroups, which a nested run may have left. */
function removeCgroup(path: string): boolean {
  if (statPath(path, false) === "ENOENT") return true;
  for (const one of groupsBelow(path)) removeCgroup(one);
  return scratch(() => libc("rmdir").rmdir(cString(path))) === 0;
}

function mayWrite(path: string): boolean {
  const fd = tryOpen(path, O_WRONLY);
  if (fd >= 0) closeFile(fd);
  return fd >= 0;
}

function write(path: string, text: string): boolean {
  return writeCgroupFile(path, text) === undefined;
}

/** @returns the errno name when the kernel refuses */
export function writeCgroupFile(path: string, text: string): string | undefined {
  const fd = tryOpen(path, O_WRONLY);
  if (fd < 0) return errnoName(-fd);
  try {
    writeAll(fd, text, path);
    return undefined;
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("termination", "the control group refuses", { path, error: error.message });
    return error.errno ?? "EIO";
  } finally {
    closeFile(fd);
  }
}

/** @returns the errno name if it cannot be made */
export function makeCgroup(path: string): string | undefined {
  return scratch(() => {
    if (libc("mkdir").mkdir(cString(path), 0o755) === 0) return undefined;
    const name = errnoName(errno());
    return name === "EEXIST" ? undefined : name;
  });
}

function parentOf(group: string): string {
  return splitPath(group)[0];
}

function nameOf(group: string): string {
  return splitPath(group)[1];
}
