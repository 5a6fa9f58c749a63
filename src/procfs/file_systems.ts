import { statPath } from "../libc/descriptors/stat.ts";
import { readMounts } from "./cgroup.ts";

/** They contain no real files: the kernel generates their content. */
const KERNEL_TYPES = new Set([
  "proc",
  "sysfs",
  "cgroup",
  "cgroup2",
  "debugfs",
  "tracefs",
  "securityfs",
  "selinuxfs",
  "smackfs",
  "configfs",
  "bpf",
  "pstore",
  "efivarfs",
  "binfmt_misc",
  "resctrl",
  "fusectl",
  "nfsd",
  "rpc_pipefs",
]);

/** Other machines or programs can change their content without this kernel noticing. */
const SHARED_TYPE = /^(?:nfs4?|cifs|smb3|9p|virtiofs|ceph|afs|lustre|glusterfs|fuse(?:\..*)?)$/;

/** The type if a path leads into one of the kernel's own file systems; undefined: an ordinary one, or unknown. */
export function kernelFileSystem(path: string): string | undefined {
  const type = typeOf(path);
  return type !== undefined && KERNEL_TYPES.has(type) ? type : undefined;
}

/** Whether inotify(7) reports everything that appears at a path. */
export function tellsOfChanges(path: string): boolean {
  const type = typeOf(path) ?? "";
  return !KERNEL_TYPES.has(type) && !SHARED_TYPE.test(type);
}

function typeOf(path: string): string | undefined {
  const status = statPath(path);
  if (typeof status === "string") return undefined;
  types ??= new Map(readMounts().map(({ device, type }) => [device, type]));
  return types.get(status.device);
}

/** By device. Looked up for each of thousands of directories. */
let types: ReadonlyMap<string, string> | undefined;
