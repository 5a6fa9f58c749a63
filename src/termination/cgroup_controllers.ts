// Which limits a control group can have: version 2 controllers that exist, are delegated and enabled.
import { libc } from "../libc/calling/load.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { readMounts } from "../procfs/cgroup.ts";
import { findCgroupForKept, hasSystemd, writeCgroupFile } from "./cgroup.ts";

/** Why such a limit is not possible, and what would help: sentences without full stop. */
export interface NoController {
  readonly why: string;
  readonly hint: string;
}

/** What helps if imp has no group of its own, depending on who manages them and who asks. */
function wayToGroup(): string {
  if (hasSystemd()) {
    return "start it from a unit with Delegate=yes: systemd-run --user --scope -p Delegate=yes imp start …";
  }
  return libc("geteuid").geteuid() === 0
    ? "start it from the topmost group, which must be writable: echo $$ >/sys/fs/cgroup/cgroup.procs"
    : "root can give one to this user (chown, also of its cgroup.procs and cgroup.subtree_control); start it from a group below that";
}

/**
 * Makes sure that groups below imp's have a controller. It is enabled only there: that group has no other writer.
 * @returns undefined on success
 */
export function enableController(
  name: string,
  home = findCgroupForKept(),
): NoController | undefined {
  const missing = isVersion1(name);
  if (missing) return missing;
  if (home === undefined) {
    return {
      why: "no control group is delegated to imp here",
      hint: wayToGroup(),
    };
  }
  const has = (file: string) => wordsOf(`${home}/${file}`).includes(name);
  if (has("cgroup.subtree_control")) return undefined;
  if (!has("cgroup.controllers")) {
    return {
      why: `the controller '${name}' is not delegated to ${home}`,
      hint: wayToController(name),
    };
  }
  const errno = writeCgroupFile(`${home}/cgroup.subtree_control`, `+${name}`);
  if (errno === undefined) return undefined;
  if (errno === "EBUSY") {
    return {
      why: `processes are in ${home} itself, and the kernel limits no groups below such a one`,
      hint: `have them in a group below it${
        hasSystemd() ? ": DelegateSubgroup=main in its unit (systemd 254)" : ""
      }`,
    };
  }
  return {
    why: `the controller '${name}' cannot be enabled in ${home}: ${errno}`,
    hint: wayToController(name),
  };
}

function wayToController(name: string): string {
  return hasSystemd()
    ? `its unit needs Delegate=yes, or Delegate=${name}`
    : `root can enable it there: echo +${name} >cgroup.subtree_control of the group above`;
}

/** proc(5), /proc/cgroups: a controller belongs to one hierarchy; version 2 is number 0. */
function isVersion1(name: string): NoController | undefined {
  if (!readMounts().some(({ type }) => type === "cgroup2")) {
    return {
      why: "control groups of version 2 are not mounted here",
      hint: "mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1",
    };
  }
  const files: Record<string, string> = { io: "blkio" };
  const row = new RegExp(`^${files[name] ?? name}\\t(\\d+)\\t`, "m");
  const hierarchy = row.exec(readTextOrNothing("/proc/cgroups") ?? "")?.[1];
  if (hierarchy === undefined || hierarchy === "0") return undefined;
  return {
    why: `the controller '${name}' belongs to control groups of version 1 here`,
    hint: `boot with systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=${files[name] ?? name}`,
  };
}

function wordsOf(path: string): string[] {
  return (readTextOrNothing(path) ?? "").trim().split(" ");
}
