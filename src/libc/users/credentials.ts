import { EPERM } from "../abi.ts";
import type { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errno, systemError, UNMAPPED_HINT } from "../calling/errno.ts";
import { libc, syscall, type SyscallName } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { ownCapabilities } from "./capabilities.ts";

const c = libc("getgroups", "geteuid", "getgid");

/** The user and groups a process acts as: credentials(7). */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, including `gid`. */
  readonly groups: readonly number[];
}

const UNCHANGED = -1;

/**
 * Runs `work` with a user's rights; imp must be root, and always is again afterwards.
 *
 * It uses system calls that change this thread alone (libc's functions would change all), so the runtime's other
 * threads do not notice, and JavaScript stays in this thread until `work` returns: it must not wait for a promise. The
 * effective user is changed, not only the file system user: setfsuid(2) leaves in force the capabilities that open
 * links in /proc (CAP_SYS_PTRACE), and files in /proc/sys look at the effective user. The real and saved users stay
 * root, so the user may neither signal nor trace imp.
 * @throws ImpError when the kernel refuses (EPERM: imp is not root; EINVAL: no such user in this namespace)
 */
export function actAs<T>(user: Credentials, work: () => T): T {
  if (c.geteuid() !== 0) {
    throw systemError(EPERM, "become", `user ${user.uid}`, { exit: EXIT.failed });
  }
  const before = { uid: 0, gid: c.getgid(), groups: ownGroups() };
  // Only groups would change, which root of a user namespace may not set: user_namespaces(7).
  if (user.uid === 0 && user.gid === before.gid) return work();
  try {
    become(user);
    refuseCapabilities(user);
    return work();
  } finally {
    comeBack(before);
  }
}

function become({ uid, gid, groups }: Credentials): void {
  // The user comes last: only root may change groups.
  setGroups(groups);
  must("setresgid", UNCHANGED, gid, UNCHANGED);
  must("setresuid", UNCHANGED, uid, UNCHANGED);
}

function comeBack({ uid, gid, groups }: Credentials): void {
  must("setresuid", UNCHANGED, uid, UNCHANGED);
  must("setresgid", UNCHANGED, gid, UNCHANGED);
  setGroups(groups);
}

function setGroups(groups: readonly number[]): void {
  scratch(() => {
    const list = allocate(4 * Math.max(1, groups.length));
    groups.forEach((gid, i) => list.view.setUint32(4 * i, gid, true));
    must("setgroups", groups.length, list.address);
  });
}

function ownGroups(): number[] {
  return scratch(() => {
    const count = c.getgroups(0, 0);
    const list = allocate(4 * Math.max(1, count));
    const found = c.getgroups(count, list.address);
    return Array.from({ length: Math.max(0, found) }, (_, i) => list.view.getUint32(4 * i, true));
  });
}

/** A process may be set to keep its capabilities when its user changes: securebits, capabilities(7). */
function refuseCapabilities({ uid }: Credentials): void {
  const sets = ownCapabilities();
  if (!sets) throw refused("capget");
  if (uid === 0 || sets.effective === 0n) return;
  throw systemError(EPERM, "become", `user ${uid}`, {
    why: "imp would keep its capabilities, because its securebits are set",
    exit: EXIT.failed,
  });
}

function must(name: SyscallName, a: number, b: number, d = 0): void {
  if (syscall(name, a, b, d) !== 0) throw refused(name);
}

function refused(name: SyscallName): ImpError {
  return systemError(errno(), "take on", "the rights of the user", {
    hint: `${name}(2) was refused; ${UNMAPPED_HINT}`,
    exit: EXIT.failed,
  });
}
