// Pure: what a daemon may not see or change, as steps between fork and exec.
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER } from "../../libc/abi.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";

export interface Sandbox {
  /** Absolute: these are read-only, with everything below. */
  readonly readOnly?: readonly string[];
  /** Below those: these are writable. */
  readonly writable?: readonly string[];
  /** /tmp and /var/tmp are private, in memory, and disappear with it. */
  readonly privateTmp?: true;
  /** It has a private network, with only the loopback interface. */
  readonly noNetwork?: true;
}

/** What the caller may do. */
export interface SandboxRights {
  /** Root needs no user namespace. */
  readonly root: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Whether a directory exists: not every machine has /var/tmp. */
  readonly has: (path: string) => boolean;
}

/** What is private to it with `privateTmp`. */
export const TEMPORARY = ["/tmp", "/var/tmp"];
/** Of the machine's memory, as with systemd. */
const TMP_OPTIONS = "mode=1777,size=10%";

/** The steps, in the order that the kernel requires. The working directory must be entered again afterwards. */
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
    // It keeps its user. Groups can only be mapped by processes that can no longer change them: user_namespaces(7).
    steps.push(
      { do: "write-file", path: "/proc/self/setgroups", text: "deny" },
      { do: "write-file", path: "/proc/self/uid_map", text: `${uid} ${uid} 1` },
      { do: "write-file", path: "/proc/self/gid_map", text: `${gid} ${gid} 1` },
    );
  }
  if (noNetwork) steps.push({ do: "loopback-up" });
  if (mounts) steps.push({ do: "hide-mounts" });
  for (const path of [...writable, ...readOnly]) {
    // The root is a mount already, and the process would not be in a second one above it.
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
