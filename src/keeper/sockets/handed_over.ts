import { POLLIN } from "../../libc/abi.ts";
import { closeFile, moveUp, readLink } from "../../libc/descriptors/files.ts";
import { takeDescriptor } from "../../libc/descriptors/listening.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPidfd } from "../../libc/processes/pidfd.ts";
import { readListeners } from "../../procfs/sockets.ts";
import { identityOf, type ProcessIdentity } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { forgetSocketFiles } from "./end_files.ts";
import { type GivenSockets, NO_SOCKETS } from "./given_sockets.ts";
import { type KeptSocket, socketText } from "./kept_socket.ts";
import { openSockets } from "./open_sockets.ts";

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3;

type Sockets = Pick<KeptSettings, "sockets" | "user">;

/**
 * A daemon's sockets that stay open while its keepers are replaced: copies of its keeper's. If the kernel forbids
 * copying (Yama's ptrace_scope), they are closed and reopened.
 */
export class HandedOver {
  /** By address. */
  private readonly open = new Map<string, number>();

  /** The paths of those with files. */
  get paths(): string[] {
    return [...this.open.keys()].flatMap((text) => /^unix:([^]*)$/.exec(text)?.[1] ?? []);
  }

  /**
   * Takes those that stay unchanged.
   * @param first the descriptor of the first one in that process
   */
  take(
    holder: ProcessIdentity | undefined,
    before: Sockets | undefined,
    after: Sockets,
    first: number = WAITER_FD.held,
  ): void {
    if (!holder || !before?.sockets || !after.sockets) return;
    const wanted = new Set(after.sockets.map((socket) => keyOf(socket, after)));
    const pidfd = openPidfd(holder.pid);
    if (pidfd < 0) return;
    const isHolder = identityOf(holder.pid)?.startTicks === holder.startTicks;
    before.sockets.forEach((socket, i) => {
      const text = socketText(socket);
      if (!isHolder || this.open.has(text) || !wanted.has(keyOf(socket, before))) return;
      const fd = takeDescriptor(pidfd, first + i);
      if (fd >= 0) this.open.set(text, moveUp(fd, FLOOR.job));
    });
    closeFile(pidfd);
  }

  /**
   * Runs work with these and new ones, which stay open in this process meanwhile: what cannot be opened fails before
   * anything begins.
   * @throws ImpError
   */
  use<T>(place: KeptPlace, settings: KeptSettings, work: (sockets: GivenSockets) => T): T {
    const open = new Map<number, number>();
    settings.sockets?.forEach((socket, i) => {
      const fd = this.open.get(socketText(socket));
      if (fd === undefined) return;
      open.set(i, fd);
      this.open.delete(socketText(socket));
    });
    const held = openSockets(settings, open);
    const watched: number[] = [];
    try {
      watched.push(...watchSockets(settings, held));
      forgetSocketFiles(place);
      return work({ held, watched });
    } finally {
      for (const fd of [...held, ...watched]) closeFile(fd);
    }
  }

  /**
   * Copies of a program's sockets, if it still has them under their numbers and the kernel allows it: all or none. The
   * caller closes them.
   */
  ofProgram(program: ProcessIdentity, settings: KeptSettings): GivenSockets {
    const { sockets = [] } = settings;
    if (!hasSockets(program, sockets)) return NO_SOCKETS;
    this.take(program, settings, settings, FIRST_FD);
    const held = [...this.open.values()];
    if (held.length < sockets.length) this.close();
    this.open.clear();
    return held.length < sockets.length
      ? NO_SOCKETS
      : { held, watched: watchSockets(settings, held) };
  }

  close(): void {
    for (const fd of this.open.values()) closeFile(fd);
    this.open.clear();
  }
}

/** What makes a socket a different one; for a file including its owner and mode. */
function keyOf(socket: NonNullable<Sockets["sockets"]>[number], { user }: Sockets): string {
  return socket.kind === "unix"
    ? `${socketText(socket)} ${socket.mode} ${user ?? ""}`
    : socketText(socket);
}

/** They are still at the program's original numbers, as far as the kernel shows. */
function hasSockets({ pid }: ProcessIdentity, sockets: readonly KeptSocket[]): boolean {
  const listeners = readListeners(pid);
  return sockets.every((socket, i) => {
    const link = readLink(`/proc/${pid}/fd/${FIRST_FD + i}`) ?? "";
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    const listener = inode === undefined ? undefined : listeners.get(inode);
    if (listener?.protocol !== socket.kind) return false;
    return socket.kind === "unix"
      ? listener.address === socket.path
      : listener.address.endsWith(`:${socket.port}`);
  });
}

/**
 * What waiters watch for an on-demand daemon: one descriptor that is readable when any of its sockets is. It identifies
 * these by open file rather than number; waiters and turns have different numbers.
 */
function watchSockets(
  { onDemand }: Pick<KeptSettings, "onDemand">,
  sockets: readonly number[],
): number[] {
  if (!onDemand || sockets.length === 0) return [];
  const epoll = new Epoll();
  for (const fd of sockets) epoll.add(fd, POLLIN);
  return [moveUp(epoll.fd, FLOOR.job)];
}
