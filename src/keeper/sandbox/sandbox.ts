// Pure: what of the machine a daemon does not get to see or to change, as steps between fork and exec.
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER } from "../../libc/abi.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";

export interface Sandbox {
  /** Absolute: these, with all that is below, cannot be written to. */
  readonly readOnly?: readonly string[];
  /** Below those: these can. */
  readonly writable?: readonly string[];
  /** /tmp and /var/tmp are its own, in memory, and gone with it. */
  readonly privateTmp?: true;
  /** It has a network of its own, with nothing but the loopback interface. */
  readonly noNetwork?: true;
}

/** What whoever starts it may do. */
export interface SandboxRights {
  /** Root needs no user namespace. */
  readonly root: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Whether a directory is there: not every machine has /var/tmp. */
  readonly has: (path: string) => boolean;
}

/** What is private to it with `privateTmp`. */
export const TEMPORARY = ["/tmp", "/var/tmp"];
/** Of the memory of the machine, as systemd has it. */
const TMP_OPTIONS = "mode=1777,size=10%";

/** The steps, in the order in which the kernel wants them. The working directory has to be entered anew behind them. */
export function sandboxSteps(
  sandbox: Sandbox,
  { root, uid, gid, has }: SandboxRights,
): ChildStep[] {
  const { readOnly = [], writable = [], privateTmp, noNetwork } = sandbox;
  const mounts = readOnly.length > 0 || privateTmp === true;
  const flags = (root ? 0 : CLONE_NEWUSER) | (mounts ? CLONE_NEWNS : 0) |
    (noNetwork ? CLONE_NEWNET : 0);
  const steps: ChildStep[] = [{ do: "unshare", flags }];
  if (!root) {
    // It stays who it is. Groups can be mapped only by who cannot change them any more: user_namespaces(7).
    steps.push(
      { do: "write-file", path: "/proc/self/setgroups", text: "deny" },
      { do: "write-file", path: "/proc/self/uid_map", text: `${uid} ${uid} 1` },
      { do: "write-file", path: "/proc/self/gid_map", text: `${gid} ${gid} 1` },
    );
  }
  if (noNetwork) steps.push({ do: "loopback-up" });
  if (mounts) steps.push({ do: "hide-mounts" });
  for (const path of [...writable, ...readOnly]) {
    // The root is a mount already, and a second one above it would not be where the process is.
    if (path !== "/") steps.push({ do: "bind", path });
  }
  for (const path of readOnly) steps.push({ do: "read-only", path });
  for (const path of writable) steps.push({ do: "writable", path });
  if (privateTmp) {
    for (const path of TEMPORARY.filter(has)) {
      steps.push({ do: "memory-files", path, options: TMP_OPTIONS });
    }
  }
  return steps;
}

/** `/ cannot be written to but for /var/lib/web, /tmp of its own, no network`. */
export function sandboxText({ readOnly, writable, privateTmp, noNetwork }: Sandbox): string {
  return [
    ...readOnly
      ? [`${readOnly.join(", ")} read-only${writable ? ` but for ${writable.join(", ")}` : ""}`]
      : [],
    ...privateTmp ? ["/tmp of its own"] : [],
    ...noNetwork ? ["no network"] : [],
  ].join("; ");
}
