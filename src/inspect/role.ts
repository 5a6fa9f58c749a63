import { PF_KTHREAD } from "../libc/abi.ts";
import { byAge, type ProcStat } from "../procfs/stat.ts";
import { shellName } from "./program.ts";

/** What a parent is to its child. */
export type ParentRole = "init" | "subreaper" | "shell" | "kernel" | "other";

/** What decides the role of a parent. */
export interface ParentProgram {
  readonly stat: ProcStat;
  readonly exe?: string | null;
  readonly command: readonly string[];
}

/** A kernel thread, made by kthreadd. */
export function isKernelThread(stat: ProcStat): boolean {
  return (stat.flags & PF_KTHREAD) !== 0;
}

/**
 * The kernel does not tell which processes have called prctl(PR_SET_CHILD_SUBREAPER). But any process other than PID 1
 * with a child that it cannot have started is one.
 */
export function parentRole(child: ProcStat, parent: ParentProgram, leader?: ProcStat): ParentRole {
  if (isKernelThread(parent.stat)) return "kernel";
  if (parent.stat.pid === 1) return "init";
  if (isAdopted(child, parent.stat, leader) || isUserManager(parent)) {
    return "subreaper";
  }
  return shellName({ comm: parent.stat.comm, exe: parent.exe }) ? "shell" : "other";
}

/**
 * A process is born into the session of the one that starts it, and leaves it only by becoming a session leader. So a
 * process in a session that its parent has never been in was started by somebody else, and adopted.
 * @param leader leader of the child's session, if it lives
 * @returns false if unknown
 */
export function isAdopted(child: ProcStat, parent: ProcStat, leader?: ProcStat): boolean {
  // 0: the session is one outside our PID namespace. A leader has left its parent's session by itself.
  if (child.sid === 0 || child.sid === child.pid || child.sid === parent.sid) return false;
  // PID 1 is older than every session but its own.
  if (parent.pid === 1) return true;
  // The parent leads no session, so it is still in the one it was born into.
  if (parent.sid !== parent.pid) return true;
  // The parent may have left the child's session by leading a new one, unless that session is younger than itself.
  return leader !== undefined && byAge(parent, leader) < 0;
}

/** `systemd --user` makes itself a subreaper; systemd(1). */
function isUserManager({ stat, command }: ParentProgram): boolean {
  return stat.comm === "systemd" && command.includes("--user");
}
