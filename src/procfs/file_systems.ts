import { statPath } from "../libc/descriptors/stat.ts";
import { readMounts } from "./cgroup.ts";

/** Their files are no files: the kernel makes up what is in them. */
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

/** Others change what is in them, and this kernel does not hear of it. */
const SHARED_TYPE = /^(?:nfs4?|cifs|smb3|9p|virtiofs|ceph|afs|lustre|glusterfs|fuse(?:\..*)?)$/;

/** The type of the file system of the kernel's own that a path leads into; undefined: an ordinary one, or it cannot be told. */
export function kernelFileSystem(path: string): string | undefined {
  const type = typeOf(path);
  return type !== undefined && KERNEL_TYPES.has(type) ? type : undefined;
}

/** Whether inotify(7) tells of all that appears at a path. */
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

/** By device. For each of thousands of directories it is asked. */
let types: ReadonlyMap<string, string> | undefined;
