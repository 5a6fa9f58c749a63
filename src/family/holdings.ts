import { listDirectory } from "../libc/descriptors/stat.ts";
import { socketInode, targetKind } from "../procfs/fds.ts";
import { readProcLink, Unreadable } from "../procfs/read.ts";
import { type ListeningSocket, readListeners } from "../procfs/sockets.ts";

/** Resources that processes hold. */
export interface Holdings {
  /** Terminals that descriptors refer to; `(deleted)` if hung up. */
  readonly terminals: readonly string[];
  readonly ports: readonly ListeningSocket[];
  /** Files on disk; `(deleted)` if they have no name and only this process keeps their space. */
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** How many of the processes hide theirs: another user's. */
  readonly hidden: number;
}

/** Reads holdings; reads a network namespace's sockets once. */
export class HoldingsReader {
  private readonly namespaces = new Map<string, Map<string, ListeningSocket>>();

  read(pids: readonly number[]): Holdings {
    const terminals = new Set<string>();
    const files = new Set<string>();
    const directories = new Set<string>();
    const ports = new Map<string, ListeningSocket>();
    let hidden = 0;
    for (const pid of pids) {
      const links = linksOf(pid);
      if (!links) {
        hidden++;
        continue;
      }
      for (const link of links) {
        const kind = targetKind(link.replace(/ \(deleted\)$/, ""));
        if (kind === "terminal") terminals.add(link);
        else if (kind === "file") files.add(link);
        else if (kind === "socket") this.addPort(pid, link, ports);
      }
      const cwd = readProcLink(`/proc/${pid}/cwd`);
      if (!(cwd instanceof Unreadable)) directories.add(cwd);
    }
    return {
      terminals: [...terminals].sort(),
      ports: [...ports.values()],
      files: [...files].sort(),
      directories: [...directories].sort(),
      hidden,
    };
  }

  private addPort(pid: number, link: string, ports: Map<string, ListeningSocket>): void {
    const inode = socketInode(link);
    const listener = inode && this.listenersOf(pid).get(inode);
    if (listener) ports.set(listener.inode, listener);
  }

  private listenersOf(pid: number): Map<string, ListeningSocket> {
    const link = readProcLink(`/proc/${pid}/ns/net`);
    const namespace = link instanceof Unreadable ? `of ${pid}` : link;
    let found = this.namespaces.get(namespace);
    if (!found) {
      found = readListeners(pid);
      this.namespaces.set(namespace, found);
    }
    return found;
  }
}

/** Targets of all descriptors; undefined if hidden from us. */
function linksOf(pid: number): string[] | undefined {
  const names = listDirectory(`/proc/${pid}/fd`);
  if (typeof names === "string") return names === "ENOENT" || names === "ESRCH" ? [] : undefined;
  const links: string[] = [];
  for (const name of names) {
    const link = readProcLink(`/proc/${pid}/fd/${name}`);
    if (!(link instanceof Unreadable)) links.push(link);
    else if (!link.gone) return undefined;
  }
  return links;
}
