import { O_WRONLY } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { closeFile, readTextOrNothing, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { ownPid } from "../libc/processes/process.ts";
import { listDirectory, statPath } from "../libc/descriptors/stat.ts";
import { ownCgroupDirectory } from "../procfs/cgroup.ts";

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
  const names = listDirectory(path);
  if (typeof names === "string") return names === "ENOENT";
  for (const name of names) {
    const status = statPath(`${path}/${name}`, false);
    if (typeof status !== "string" && status.kind === "directory") removeCgroup(`${path}/${name}`);
  }
  return scratch(() => libc("rmdir").rmdir(cString(path))) === 0;
}

function mayWrite(path: string): boolean {
  const fd = tryOpen(path, O_WRONLY);
  if (fd >= 0) closeFile(fd);
  return fd >= 0;
}

function write(path: string, text: string): boolean {
  const fd = tryOpen(path, O_WRONLY);
  if (fd < 0) return false;
  try {
    writeAll(fd, text, path);
    return true;
  } catch (error) {
    debug("termination", "the control group refuses", { path, error: String(error) });
    return false;
  } finally {
    closeFile(fd);
  }
}
