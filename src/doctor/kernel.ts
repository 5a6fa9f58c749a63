import { PIDFD_INFO } from "../libc/structs.ts";
import { PIDFD_GET_INFO } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { errno, errnoName } from "../libc/calling/errno.ts";
import { closeFile, readTextOrNothing } from "../libc/descriptors/files.ts";
import { allocate, scratch } from "../libc/calling/memory.ts";
import { openPidfd } from "../libc/processes/pidfd.ts";
import { ownPid } from "../libc/processes/process.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { orUndefined } from "../procfs/read.ts";
import { readStatus, type Seccomp } from "../procfs/status.ts";
import type { PidRoom } from "../family/pid_room.ts";
import { readNumber, readUidMap } from "../procfs/machine.ts";
import type { Finding } from "./finding.ts";

/** _IOWR(0xFF, 11, struct pidfd_info of 64 bytes), linux/pidfd.h since Linux 6.13. */

/** Tries pidfds on imp itself. */
export function pidfdFinding(): Finding {
  const fd = openPidfd(ownPid());
  if (fd < 0) {
    return {
      check: "pidfd",
      grade: "warning",
      fact: `no pidfds: pidfd_open fails with ${errnoName(-fd)}`,
      meaning:
        "signals go by PID, which may in theory have been given to another process in between",
      advice: "Linux 5.3 has them; in a container the seccomp profile may forbid them",
      data: { pidfd: false, info: false },
    };
  }
  const code = tryInfo(fd);
  closeFile(fd);
  return {
    check: "pidfd",
    grade: "good",
    fact: code === 0
      ? "pidfds, with PIDFD_GET_INFO"
      : `pidfds, without PIDFD_GET_INFO (${errnoName(code)})`,
    meaning: code === 0
      ? "signals cannot reach a wrong process, and the exit status of any process can be read"
      : "signals cannot reach a wrong process; how a process ended is known only to its parent",
    data: { pidfd: true, info: code === 0 },
  };
}

function tryInfo(fd: number): number {
  return scratch(() => {
    const info = allocate(PIDFD_INFO.bytes);
    return libc("ioctl").ioctl(fd, PIDFD_GET_INFO, info.address) === 0 ? 0 : errno();
  });
}

export function seccompFinding(): Finding {
  const mode: Seccomp | undefined = orUndefined(readStatus(ownPid()))?.seccomp;
  const meaning = {
    off:
      "no system call is filtered; daemons started from here may call everything that their rights allow",
    filter:
      "system calls are filtered, for daemons started from here too; what is refused depends on the filter",
    strict: "hardly any system call is allowed",
  };
  return {
    check: "seccomp",
    grade: mode === undefined ? "unknown" : mode === "off" ? "good" : "note",
    fact: mode === undefined ? "/proc/self/status cannot be read" : `seccomp is ${mode}`,
    meaning: mode === undefined ? "whether system calls are filtered is not known" : meaning[mode],
    data: { mode: mode ?? null },
  };
}

/** The first user namespace maps all users to themselves, (uid_t) -1 excepted. */
const ALL_USERS = 2 ** 32 - 1;

export interface UserNamespaces {
  /** user.max_user_namespaces; undefined: not readable. */
  readonly max?: number;
  /** kernel.unprivileged_userns_clone, added by Debian. */
  readonly debian?: number;
  /** kernel.apparmor_restrict_unprivileged_userns, added by Ubuntu. */
  readonly apparmor?: number;
  /** Whether we are in another user namespace than the first. */
  readonly inside: boolean;
}

export function readUserNamespaces(): UserNamespaces {
  const map = readUidMap();
  return {
    max: readNumber("/proc/sys/user/max_user_namespaces"),
    debian: readNumber("/proc/sys/kernel/unprivileged_userns_clone"),
    apparmor: readNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    inside: map !== undefined && (map.inside !== 0 || map.outside !== 0 || map.count !== ALL_USERS),
  };
}

export function judgeUserNamespaces(facts: UserNamespaces): Finding {
  const base = { check: "user-namespaces", data: { ...facts } };
  const inside = facts.inside ? "; this shell is in one: root here is not root outside" : "";
  if (facts.max === undefined || facts.max === 0) {
    const fact = facts.max === 0
      ? "user namespaces are switched off"
      : "no user namespaces in this kernel";
    const meaning = "ordinary users cannot create PID namespaces or containers";
    return { ...base, grade: "note", fact: fact + inside, meaning };
  }
  const forbidden = facts.debian === 0 || facts.apparmor === 1;
  return {
    ...base,
    grade: forbidden ? "note" : "good",
    fact: `user namespaces ${
      forbidden ? "for root only, or by AppArmor profile" : "allowed by the kernel's settings"
    }${inside}`,
    meaning: forbidden
      ? "an ordinary user cannot put daemons into PID namespaces of their own"
      : "daemons can be put into PID namespaces of their own, unless seccomp forbids it",
  };
}

export function judgePidRoom({ used, max, group }: PidRoom): Finding {
  const full = Math.max(max ? used / max : 0, group ? group.used / group.max : 0);
  const inGroup = group ? `; ${group.used} of ${group.max} in control group ${group.path}` : "";
  return {
    check: "pids",
    grade: full >= 0.9 ? "problem" : full >= 0.7 ? "warning" : max === null ? "unknown" : "good",
    fact: `${used} processes and threads of at most ${max ?? "?"}${inGroup}`,
    meaning: full >= 0.7
      ? "when they are used up, nothing more can be started: fork fails with EAGAIN"
      : "there is room for more daemons",
    ...(full >= 0.7
      ? { advice: "look for a leak: imp zombies, imp tree; else raise kernel.pid_max, pids.max" }
      : {}),
    data: { used, max, group },
  };
}

/** @param exists whether the program of a `|` pattern exists */
export function judgeCorePattern(
  pattern: string | undefined,
  exists: (path: string) => boolean,
): Finding {
  const base = { check: "core-pattern", data: { pattern: pattern ?? null } };
  const text = pattern?.trim();
  if (text === undefined) {
    const meaning = "where core dumps go is not known";
    return { ...base, grade: "unknown", fact: "kernel.core_pattern cannot be read", meaning };
  }
  const fact = text === "" ? "kernel.core_pattern is empty" : `kernel.core_pattern is ${text}`;
  if (text.startsWith("|")) {
    const program = text.slice(1).split(" ")[0];
    const there = exists(program);
    const meaning = there
      ? `core dumps are handed to ${program}, whatever a daemon's working directory is`
      : `${program} does not exist here (in a container it is on the host): core dumps may be lost`;
    return { ...base, grade: there ? "good" : "note", fact, meaning };
  }
  const meaning = text.startsWith("/")
    ? "core dumps go to a fixed place; its directory must exist and be writable for the daemon's user"
    : "a daemon's core dump goes to its working directory, usually /, where ordinary users cannot write: it is lost";
  const advice = text.startsWith("/")
    ? {}
    : { advice: "sysctl kernel.core_pattern=/var/crash/core.%e.%p" };
  return { ...base, grade: text.startsWith("/") ? "good" : "note", fact, meaning, ...advice };
}

export function corePatternFinding(): Finding {
  return judgeCorePattern(
    readTextOrNothing("/proc/sys/kernel/core_pattern"),
    (path) => typeof statPath(path) !== "string",
  );
}

/** Whether /proc shows other users' processes. */
export function procFinding(isRoot: boolean): Finding {
  return judgeProc(readTextOrNothing("/proc/self/mountinfo"), isRoot);
}

/** @param mounts text of /proc/self/mountinfo */
export function judgeProc(mounts: string | undefined, isRoot: boolean): Finding {
  const hiding = hidepidOf(mounts ?? "");
  if (hiding === undefined) {
    return {
      check: "proc",
      grade: "unknown",
      fact: "how /proc is mounted cannot be read",
      meaning: "whether all processes can be seen is not known",
    };
  }
  const hidden = hiding !== "off" && !isRoot;
  return {
    check: "proc",
    grade: hidden ? "warning" : "good",
    fact: hiding === "off"
      ? "/proc shows all processes"
      : `/proc is mounted with hidepid=${hiding}`,
    meaning: hidden
      ? "other users' processes are hidden: imp tree, zombies and orphans show only this user's"
      : "what imp says of processes is complete, within this PID namespace",
    ...(hidden ? { advice: "ask root" } : {}),
    data: { hidepid: hiding },
  };
}

/** The option of the last mount on /proc, which covers earlier ones; proc(5). */
function hidepidOf(mounts: string): string | undefined {
  const lines = mounts.split("\n").filter((line) =>
    line.split(" ")[4] === "/proc" && / - proc /.test(line)
  );
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const option = /\bhidepid=([\w]+)/.exec(last)?.[1];
  return option === undefined || option === "0" ? "off" : option;
}
