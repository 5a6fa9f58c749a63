import { O_ACCMODE, O_APPEND, O_CLOEXEC, O_NONBLOCK, O_PATH } from "../libc/abi.ts";
import { O_DIRECTORY } from "../libc/machine.ts";
import { listDirectory, statPath } from "../libc/descriptors/stat.ts";
import { type ListeningSocket, readListeners } from "./sockets.ts";
import { orUndefined, readProcLink, readProcText, Unreadable } from "./read.ts";

/** An open descriptor of a process. */
export interface OpenFile {
  readonly fd: number;
  /** The kernel's link without its mark of deleted files: a path, `pipe:[123]`, `socket:[123]` … */
  readonly target: string;
  readonly kind: TargetKind;
  /** The file has no name any more; for a terminal: its other end has been closed. */
  readonly deleted: boolean;
  readonly mode: AccessMode;
  readonly flags: readonly FileFlag[];
  /** The address of a socket that others can reach. */
  readonly listener?: Pick<ListeningSocket, "protocol" | "address">;
}

export type TargetKind =
  | "terminal"
  | "null"
  | "device"
  | "file"
  | "directory"
  | "pipe"
  | "socket"
  | "memory"
  | "anonymous";

/** `path`: opened with O_PATH, for neither reading nor writing. */
export type AccessMode = "read" | "write" | "read-write" | "path";

export type FileFlag = "append" | "nonblock" | "cloexec";

export interface OpenFiles {
  /** In order of number, at most as many as asked for. */
  readonly files: readonly OpenFile[];
  /** How many descriptors are open. */
  readonly count: number;
  /** Errno name, if they may be counted but not looked at: root without the capabilities that PID 1 has. */
  readonly refused?: string;
}

const DELETED = " (deleted)";

/**
 * The open descriptors of a process.
 * @param limit how many to examine; a server may have 10,000
 */
export function readOpenFiles(pid: number, limit: number): OpenFiles | Unreadable {
  const directory = `/proc/${pid}/fd`;
  const names = listDirectory(directory);
  if (typeof names === "string") return new Unreadable(names);
  const numbers = names.map(Number).sort((a, b) => a - b);
  const files: OpenFile[] = [];
  let listeners: Map<string, ListeningSocket> | undefined;
  for (const fd of numbers.slice(0, limit)) {
    const link = readProcLink(`${directory}/${fd}`);
    if (link instanceof Unreadable) {
      if (!link.gone) return { files, count: numbers.length, refused: link.errno };
      continue; // Closed between the listing and now.
    }
    const info = orUndefined(readProcText(`/proc/${pid}/fdinfo/${fd}`)) ?? "";
    const file = describeFile(fd, link, info, () => isUnlinked(`${directory}/${fd}`));
    // Only processes with sockets need the network tables.
    const inode = socketInode(link);
    if (inode !== undefined) listeners ??= readListeners(pid);
    const listener = inode === undefined ? undefined : listeners?.get(inode);
    files.push(
      listener
        ? { ...file, listener: { protocol: listener.protocol, address: listener.address } }
        : file,
    );
  }
  return { files, count: numbers.length };
}

/** @param unlinked asked if the name alone is ambiguous: a file may be called `x (deleted)` */
export function describeFile(
  fd: number,
  link: string,
  info: string,
  unlinked: () => boolean,
): OpenFile {
  const deleted = link.endsWith(DELETED) && unlinked();
  const target = deleted ? link.slice(0, -DELETED.length) : link;
  const bits = parseFdFlags(info) ?? 0;
  return {
    fd,
    target,
    kind: targetKind(target, bits),
    deleted,
    mode: accessMode(bits),
    flags: fileFlags(bits),
  };
}

/** The number of the socket that a link of /proc/PID/fd leads to. */
export function socketInode(link: string): string | undefined {
  return /^socket:\[(\d+)\]$/.exec(link)?.[1];
}

/** The open flags in the text of /proc/PID/fdinfo/FD; proc_pid_fdinfo(5). */
export function parseFdFlags(text: string): number | undefined {
  const line = /^flags:\s*([0-7]+)$/m.exec(text);
  return line ? parseInt(line[1], 8) : undefined;
}

/** The kind of thing a link of /proc/PID/fd leads to, judged by its text; opens nothing, asks no file system. */
export function targetKind(target: string, flags = 0): TargetKind {
  if (target.startsWith("pipe:[")) return "pipe";
  if (target.startsWith("socket:[")) return "socket";
  if (target.startsWith("/memfd:")) return "memory";
  if (!target.startsWith("/")) return "anonymous";
  if (target === "/dev/null") return "null";
  if (/^\/dev\/(pts\/\d+|tty[^/]*|console|hvc\d+)$/.test(target)) return "terminal";
  if (flags & O_DIRECTORY) return "directory";
  return /^\/dev\/(?!shm\/|mqueue\/|hugepages\/)/.test(target) ? "device" : "file";
}

function accessMode(flags: number): AccessMode {
  if (flags & O_PATH) return "path";
  return (["read", "write", "read-write"] as const)[flags & O_ACCMODE] ?? "read-write";
}

function fileFlags(flags: number): FileFlag[] {
  const found: FileFlag[] = [];
  if (flags & O_APPEND) found.push("append");
  if (flags & O_NONBLOCK) found.push("nonblock");
  if (flags & O_CLOEXEC) found.push("cloexec");
  return found;
}

function isUnlinked(path: string): boolean {
  const status = statPath(path);
  return typeof status === "string" || status.links === 0;
}
