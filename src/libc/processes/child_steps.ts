// Runs in a forked child: prepared numbers and libc calls, nothing that allocates.
import { KERNEL_SIGSET_BYTES, MOUNT_ATTR, SIGACTION } from "../structs.ts";
import {
  AF_INET,
  AT_FDCWD,
  F_SETFD,
  O_CLOEXEC,
  O_WRONLY,
  PR_SET_PDEATHSIG,
  PRIO_PROCESS,
  SIG_SETMASK,
  SIGRTMAX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  TIOCSCTTY,
  X_OK,
} from "../abi.ts";
import {
  AT_RECURSIVE,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_REC,
  MS_SLAVE,
  SIOCSIFFLAGS,
} from "../abi_mounts.ts";
import { OP } from "./child_program.ts";
import { copyOwnStat, writeOwnPid, writePidVariable } from "./child_record.ts";
import { libc, syscallNumber } from "../calling/load.ts";
import { allocate } from "../calling/memory.ts";
import { setNoChildrenOfChild } from "./no_children.ts";
import { signalSet } from "./signals.ts";

const c = libc(
  "fork",
  "_exit",
  "setsid",
  "setpgid",
  "getppid",
  "prctl",
  "umask",
  "chroot",
  "chdir",
  "fchdir",
  "dup2",
  "fcntl",
  "syscall",
  "sigprocmask",
  "setpriority",
  "setrlimit",
  "setgroups",
  "setgid",
  "setuid",
  "execve",
  "ftruncate",
  "faccessat",
  "ioctl",
  "write",
  "open",
  "close",
  "unshare",
  "mount",
  "socket",
);

// Allocated once: the child may only read and write what exists already.
const defaultAction = allocate(SIGACTION.bytes).address;
const rtSigaction = syscallNumber("rt_sigaction");
const noSignals = signalSet("none").address;

const mountSetattr = syscallNumber("mount_setattr");

/** Preserves the errno of the failure. @param path 0: does nothing, but compiles everything for the child */
export function writeNamedFile(path: number, text: number, length: number): number {
  const fd = path === 0 ? -1 : c.open(path, O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (c.write(fd, text, length) !== length) return -1;
  return c.close(fd);
}

/** @param request a struct ifreq; 0 as above */
export function raiseLoopback(request: number): number {
  const fd = request === 0 ? -1 : c.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || c.ioctl(fd, SIOCSIFFLAGS, request) < 0) return -1;
  return c.close(fd);
}

/** Does one compiled step. @returns what the C function returned: negative on failure */
export function follow(operation: number, a: number, b: number, d: number): number {
  switch (operation) {
    case OP.setsid:
      return c.setsid();
    case OP.fork: {
      const child = c.fork();
      if (child > 0) c._exit(0);
      return child;
    }
    case OP.umask:
      return c.umask(a);
    case OP.chroot:
      return c.chroot(a);
    case OP.chdir:
      return c.chdir(a);
    case OP.fchdir:
      return c.fchdir(a);
    case OP.dup2:
      return c.dup2(a, b);
    case OP.keep:
      return c.fcntl(a, F_SETFD, 0);
    case OP["reset-signals"]:
      // Not through sigaction(3), which refuses the signals that libc reserves (32 and 33); some callers leave even
      // these ignored.
      for (let n = 1; n <= SIGRTMAX; n++) {
        if ((n <= 32 ? a : b) >> ((n - 1) & 31) & 1) continue;
        c.syscall(rtSigaction, n, defaultAction, 0, KERNEL_SIGSET_BYTES, 0, 0);
      }
      return c.sigprocmask(SIG_SETMASK, noSignals, 0);
    case OP.nice:
      return c.setpriority(PRIO_PROCESS, 0, a);
    case OP.limit:
      return c.setrlimit(a, b);
    case OP.groups:
      return c.setgroups(a, b);
    case OP.gid:
      return c.setgid(a);
    case OP.uid:
      return c.setuid(a);
    case OP["own-group"]:
      return c.setpgid(0, 0);
    case OP["parent-death"]:
      if (c.prctl(PR_SET_PDEATHSIG, a, 0, 0, 0) < 0) return -1;
      // The parent died before that: nobody is left to report to.
      if (c.getppid() !== b) c._exit(127);
      return 0;
    case OP["no-children"]:
      return setNoChildrenOfChild(a, b, d);
    case OP["own-stat"]:
      return copyOwnStat(a, b);
    case OP["own-pid"]:
      return writeOwnPid(a, b, d);
    case OP["own-pid-variable"]:
      return writePidVariable();
    case OP["may-execute"]:
      return c.faccessat(AT_FDCWD, a, X_OK, 0);
    case OP["controlling-terminal"]:
      return c.ioctl(a, TIOCSCTTY, 0);
    case OP.truncate:
      return c.ftruncate(a, 0);
    case OP.unshare:
      return c.unshare(a);
    case OP["write-file"]:
      return writeNamedFile(a, b, d);
    case OP["hide-mounts"]:
      return c.mount(0, a, 0, MS_REC | MS_SLAVE, 0);
    case OP.bind:
      return c.mount(a, a, 0, MS_BIND | MS_REC, 0);
    case OP["read-only"]:
    case OP.writable:
      return c.syscall(mountSetattr, AT_FDCWD, a, AT_RECURSIVE, b, MOUNT_ATTR.bytes, 0);
    case OP["memory-files"]:
      return c.mount(b, a, b, MS_NOSUID | MS_NODEV, d);
    case OP["loopback-up"]:
      return raiseLoopback(a);
    case OP.write:
      return c.write(a, b, d) === d ? 0 : -1;
    default:
      return c.execve(a, b, d);
  }
}
