import { AT_FDCWD, O_WRONLY, W_OK } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { ImpError } from "../base/errors.ts";
import { errno, errnoName } from "../libc/calling/errno.ts";
import { closeFile, readTextOrNothing, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, cString, scratch } from "../libc/calling/memory.ts";
import { ownPid } from "../libc/processes/process.ts";
import { linkCount, listDirectory, statPath } from "../libc/descriptors/stat.ts";
import { ownCgroupDirectory, readMounts } from "../procfs/cgroup.ts";

/**
 * A control group (version 2) for what imp starts. Nothing that is started in it gets out of it by forking, and the kernel
 * kills all of it at one stroke. imp enters it while it starts things, because whatever a process starts is in its group
 * from the first instant, and leaves it before it kills.
 */
export class RunCgroup {
  readonly path: string;

  private constructor(private readonly home: string, private readonly prefix: string) {
    // PIDs alone are not unique: other PID namespaces have them too.
    this.path = `${home}/${prefix}-${ownPid()}-${crypto.randomUUID().slice(0, 8)}`;
  }

  /** One below imp's own, not made yet. @returns undefined where there is no version 2 */
  static plan(prefix: string): RunCgroup | undefined {
    const home = ownCgroupDirectory();
    return home === undefined ? undefined : new RunCgroup(home, prefix);
  }

  /**
   * Makes it and enters it. Whoever is to remove it if imp is killed must know of it before.
   * @returns false, and nothing is made, where that is not possible: no permission, no cgroup.kill (Linux before 5.14)
   */
  enter(): boolean {
    const { path, home, prefix } = this;
    removeStale(home, prefix);
    if (scratch(() => libc("mkdir").mkdir(cString(path), 0o755)) < 0) return false;
    const entered = typeof statPath(`${path}/cgroup.kill`) !== "string" &&
      // Who may not come back must not go.
      mayWrite(`${home}/cgroup.procs`) && write(`${path}/cgroup.procs`, "0");
    if (!entered) removeCgroup(path);
    return entered;
  }

  /** Back to where imp was. */
  leave(): void {
    write(`${this.home}/cgroup.procs`, "0");
  }

  /** Whether a process is in it that is not a zombie. */
  get populated(): boolean {
    return /^populated 1$/m.test(readTextOrNothing(`${this.path}/cgroup.events`) ?? "");
  }

  /** Kills everything in it; imp must have left. */
  kill(): void {
    write(`${this.path}/cgroup.kill`, "1");
  }

  /** @returns false when it is not empty yet */
  remove(): boolean {
    return removeCgroup(this.path);
  }
}

/** Where the control groups of what imp starts for long may be. Directories. */
export interface CgroupSurroundings {
  /** imp's own group. */
  readonly own: string;
  /** The topmost group that is shown here. */
  readonly top: string;
  /** systemd manages the hierarchy. */
  readonly systemd: boolean;
  /** Its manager has left a group to whoever runs in it. */
  readonly isDelegated: (directory: string) => boolean;
  /** It belongs to this user, who is not root: nobody but root can have given it to one. */
  readonly isGiven: (directory: string) => boolean;
  readonly isWritable: (directory: string) => boolean;
}

/**
 * Pure: the group below which others may be made that stay. There is one writer for each part of the hierarchy
 * (systemd's CGROUP_DELEGATION): imp's own group or the one around it, if that was delegated; the topmost one where nobody manages any.
 * Of two that root has given to a user it is the outer one: below a group in which processes are the kernel limits nothing.
 * @returns undefined wherever that is in doubt
 */
export function cgroupForKept(
  { own, top, systemd, isDelegated, isGiven, isWritable }: CgroupSurroundings,
): string | undefined {
  // Called from within such a group: it would end with that one.
  const base = own.startsWith(`${top}/`) && nameIn(own).startsWith(KEPT_PREFIX)
    ? parentOf(own)
    : own;
  if (base.includes("/../")) return undefined;
  const around = base === top ? [] : [parentOf(base)];
  const delegated = [base, ...around].find((directory) =>
    // A user's manager was delegated its group to, and PID 1 has the top.
    !(systemd && directory === top) && !USER_MANAGER.test(nameIn(directory)) &&
    isDelegated(directory)
  );
  if (delegated !== undefined || systemd) return delegated;
  return [...around, base].find(isGiven) ?? (base === top && isWritable(top) ? top : undefined);
}

const KEPT_PREFIX = "imp-kept-";
const USER_MANAGER = /^user@\d+\.service$/;

/** Pure: the group of a kept daemon, the same one for each of its runs. @param id what tells it from others of its name */
export function keptCgroupName(name: string, id: string): string {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (31 * hash + id.charCodeAt(i)) >>> 0;
  return `${KEPT_PREFIX}${name}-${hash.toString(16).padStart(8, "0")}`;
}

/** The directory for a group that stays: {@link cgroupForKept} of this process. It may be that nothing can be made there. */
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

/** systemd says so by an extended attribute: `trusted` one of the system's units, `user` one of a user's, and of both since 251. */
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

/** Puts a process into a group, which is made if it is missing. @returns false where that is not possible */
export function joinCgroup(path: string, pid: number): boolean {
  const join = () => write(`${path}/cgroup.procs`, String(pid));
  if (join()) return true;
  return scratch(() => libc("mkdir").mkdir(cString(path), 0o755)) === 0 && join();
}

/** Takes processes out of the kept daemon's group in which this one is, if it is in one: their daemon was started from within that. */
export function leaveKeptCgroup(pids: readonly number[]): void {
  const own = ownCgroupDirectory();
  if (own === undefined || !nameIn(own).startsWith(KEPT_PREFIX)) return;
  for (const pid of pids) joinCgroup(parentOf(own), pid);
}

/** The processes of a group and of those below it; none where there is no such group. */
export function cgroupMembers(path: string): number[] {
  const text = readTextOrNothing(`${path}/cgroup.procs`);
  if (text === undefined) return [];
  // 0 stands for processes of outer PID namespaces.
  const own = text.split("\n").map(Number).filter((pid) => pid > 0);
  return [...own, ...groupsBelow(path).flatMap(cgroupMembers)];
}

/** The kernel kills all that is in a group, and below it, at one stroke. */
export function killAllIn(path: string): void {
  write(`${path}/cgroup.kill`, "1");
}

/** Removes a group that nobody is in any longer; what has just been killed takes a moment to go. @returns false when it is still there */
export function removeEmptyCgroup(path: string): boolean {
  for (let tries = 1; !removeCgroup(path); tries++) {
    const events = readTextOrNothing(`${path}/cgroup.events`) ?? "";
    if (tries === MOST_REMOVALS || events.includes("populated 1")) return false;
    libc("poll").poll(0, 0, 1);
  }
  return true;
}

const MOST_REMOVALS = 50;

function groupsBelow(path: string): string[] {
  // `.` and that of the directory above are counted too.
  if (linkCount(path) <= 2) return [];
  const names = listDirectory(path);
  return (typeof names === "string" ? [] : names).map((name) => `${path}/${name}`).filter((one) => {
    const status = statPath(one, false);
    return typeof status !== "string" && status.kind === "directory";
  });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What a run has left whose imp and guard were killed in the same moment. Only empty ones can be removed. */
function removeStale(home: string, prefix: string): void {
  const names = listDirectory(home);
  for (const name of typeof names === "string" ? [] : names) {
    const pid = name.startsWith(`${prefix}-`)
      ? /^-(\d+)-/.exec(name.slice(prefix.length))?.[1]
      : "";
    if (pid && typeof statPath(`/proc/${pid}`) === "string") removeCgroup(`${home}/${name}`);
  }
}

/** For a guard, which may have been started in it: leaves, kills, and removes it once it is empty. */
export function killCgroup(path: string): boolean {
  write(`${path.slice(0, path.lastIndexOf("/"))}/cgroup.procs`, "0");
  write(`${path}/cgroup.kill`, "1");
  return removeCgroup(path);
}

/** With those below it, which a run within this one may have left. */
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

/** @returns the errno name when there can be none */
export function makeCgroup(path: string): string | undefined {
  return scratch(() => {
    if (libc("mkdir").mkdir(cString(path), 0o755) === 0) return undefined;
    const name = errnoName(errno());
    return name === "EEXIST" ? undefined : name;
  });
}
