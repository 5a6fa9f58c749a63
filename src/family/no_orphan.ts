import { isZombie } from "../inspect/kind.ts";
import { Family, HIDDEN } from "./family.ts";

/** Why a PID is none of those that have lost somebody. */
export function whyNoOrphan(pid: number, family = Family.read()): string {
  const one = family.get(pid);
  if (!one) {
    return family.isHidden(pid) ? `it cannot be seen: ${HIDDEN}` : "there is no such process";
  }
  if (isZombie(one)) return "it is a zombie, for imp zombies";
  const parent = family.get(one.ppid);
  if (!parent && family.isHidden(one.ppid)) {
    return `it has lost nobody: its parent, ${one.ppid}, lives, hidden from this user`;
  }
  if (!parent) return "it has no parent that it could lose";
  return `it has lost nobody: its parent, ${parent.pid} (${parent.comm}), lives`;
}
