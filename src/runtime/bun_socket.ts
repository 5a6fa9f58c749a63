import type { RuntimeSocket, SocketHandlers } from "./types.ts";

interface BunSocket {
  write(bytes: Uint8Array): number;
  ref(): void;
  unref(): void;
  /** Unlike `end`, does not wait for the other side. */
  terminate(): void;
}

/** What the driver needs from `Bun`. */
export interface BunConnect {
  connect(options: { fd: number; socket: Record<string, unknown> }): Promise<BunSocket>;
}

/** For an open descriptor `connect` calls `open` before it returns. */
export function openBunSocket(
  bun: BunConnect,
  fd: number,
  { data, drain, close }: SocketHandlers,
): RuntimeSocket {
  let socket: BunSocket | undefined;
  let closed = false;
  const opened = bun.connect({
    fd,
    socket: {
      open: (made: BunSocket) => socket = made,
      data: (_: BunSocket, bytes: Uint8Array) => data(bytes),
      drain,
      close: () => {
        if (!closed) close();
        closed = true;
      },
      // An error means that the other side has gone: `close` follows.
      error: () => {},
    },
  });
  opened.catch(() => {});
  if (!socket) throw new Error(`cannot use descriptor ${fd} as a socket`);
  const made = socket;
  return {
    write: (bytes) => closed ? -1 : made.write(bytes),
    ref: () => made.ref(),
    unref: () => made.unref(),
    close: () => {
      closed = true;
      made.terminate();
    },
  };
}
