import { listDirectory } from "../libc/descriptors/stat.ts";
import { listPids } from "./processes.ts";
import { readProcLink } from "./read.ts";
import { readListeners } from "./sockets.ts";
import { readStat } from "./stat.ts";

/** A process that has a listening socket. */
export interface PortHolder {
  readonly pid: number;
  readonly comm: string;
}

/**
 * Who accepts TCP connections at a port of this network namespace: the process with the lowest PID of those that have the
 * socket.
 * @returns undefined where there is none, or where it is not told: another user's descriptors are not shown
 */
export function portHolder(port: number): PortHolder | undefined {
  const sockets = new Set<string>();
  for (const { protocol, address, inode } of readListeners("self").values()) {
    if (protocol === "tcp" && address.endsWith(`:${port}`)) sockets.add(`socket:[${inode}]`);
  }
  if (sockets.size === 0) return undefined;
  const pid = listPids().find((pid) => holds(pid, sockets));
  return pid === undefined ? undefined : { pid, comm: readStat(pid)?.comm ?? "?" };
}

function holds(pid: number, sockets: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  const names = listDirectory(directory);
  if (typeof names === "string") return false;
  return names.some((name) => {
    const target = readProcLink(`${directory}/${name}`);
    return typeof target === "string" && sockets.has(target);
  });
}
