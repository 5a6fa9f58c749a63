import { closeFile, moveUp, readLink } from "../../libc/descriptors/files.ts";
import { takeDescriptor } from "../../libc/descriptors/listening.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPidfd } from "../../libc/processes/pidfd.ts";
import { readListeners } from "../../procfs/sockets.ts";
import { identityOf, type ProcessIdentity } from "../../termination/identity.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { socketText } from "./kept_socket.ts";
import { withSockets } from "./open_sockets.ts";

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3;

type Sockets = Pick<KeptSettings, "sockets" | "user">;

/**
 * Sockets of a daemon that stay open while it gets other keepers: copies of those that its keeper has. Where the kernel does not let us
 * have them (ptrace_scope of Yama), they are closed and opened anew.
 */
export class HandedOver {
  /** By address. */
  private readonly open = new Map<string, number>();

  /** The paths of those that have files. */
  get paths(): string[] {
    return [...this.open.keys()].flatMap((text) => /^unix:([^]*)$/.exec(text)?.[1] ?? []);
  }

  /**
   * Takes what is to stay as it is.
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

  /** {@link withSockets} of these and of new ones. @throws ImpError */
  use<T>(settings: Sockets, work: (sockets: readonly number[]) => T): T {
    const open = new Map<number, number>();
    settings.sockets?.forEach((socket, i) => {
      const fd = this.open.get(socketText(socket));
      if (fd === undefined) return;
      open.set(i, fd);
      this.open.delete(socketText(socket));
    });
    return withSockets(settings, open, work);
  }

  /** So many, in the order in which they were taken, or none. */
  takeAll(count: number): number[] {
    const all = [...this.open.values()];
    if (all.length < count) this.close();
    this.open.clear();
    return all.length < count ? [] : all;
  }

  close(): void {
    for (const fd of this.open.values()) closeFile(fd);
    this.open.clear();
  }
}

/** What makes a socket another one; of a file also whose it is and who may connect. */
function keyOf(socket: NonNullable<Sockets["sockets"]>[number], { user }: Sockets): string {
  return socket.kind === "unix"
    ? `${socketText(socket)} ${socket.mode} ${user ?? ""}`
    : socketText(socket);
}

/**
 * Copies of the sockets that a program was given, where it still has them under their numbers and the kernel lets us have them: all, or
 * none.
 */
export function socketsOfProgram(
  program: ProcessIdentity,
  { sockets = [] }: Pick<KeptSettings, "sockets">,
): number[] {
  const found = sockets.map((_, i) => readLink(`/proc/${program.pid}/fd/${FIRST_FD + i}`));
  const listeners = readListeners(program.pid);
  const isOurs = sockets.every((socket, i) => {
    const inode = /^socket:\[(\d+)\]$/.exec(found[i] ?? "")?.[1];
    const listener = inode === undefined ? undefined : listeners.get(inode);
    return listener?.protocol === socket.kind &&
      (socket.kind === "unix"
        ? listener.address === socket.path
        : listener.address.endsWith(`:${socket.port}`));
  });
  if (sockets.length === 0 || !isOurs) return [];
  const handed = new HandedOver();
  handed.take(program, { sockets }, { sockets }, FIRST_FD);
  return handed.takeAll(sockets.length);
}
