import type { RuntimeSocket, SocketHandlers } from "./types.ts";

/** What the driver needs of node:net's Socket. */
interface NodeSocket {
  on(event: string, handler: (value: never) => void): void;
  write(bytes: Uint8Array, done: () => void): void;
  ref(): void;
  unref(): void;
  destroy(): void;
}

interface NodeNet {
  Socket: new (options: { fd: number; readable: boolean; writable: boolean }) => NodeSocket;
}

/** What node:net may hold of what the kernel has not taken. */
const MOST_HELD = 1 << 16;
const MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;

let send: ((fd: number, bytes: Uint8Array<ArrayBuffer>, size: bigint) => number) | undefined;

/**
 * Bytes go straight to the kernel, so that they are sent even if this process ends in the next statement: node:net would
 * send them later. It gets what the kernel does not take at once.
 */
export function openDenoSocket(
  fd: number,
  { data, drain, close }: SocketHandlers,
): RuntimeSocket {
  const socket = new (nodeNet().Socket)({ fd, readable: true, writable: true });
  let waiting = false, closed = false;
  socket.on("data", data);
  socket.on("close", () => {
    if (!closed) close();
    closed = true;
  });
  // What it tells is that the other side has gone: "close" comes too.
  socket.on("error", () => {});
  send ??= bindSend();
  const later = (bytes: Uint8Array) => {
    waiting = true;
    socket.write(bytes, () => {
      waiting = false;
      if (!closed) drain();
    });
  };
  return {
    write: (bytes) => {
      if (closed) return -1;
      if (waiting) return 0;
      const sent = Math.max(0, send!(fd, bytes as Uint8Array<ArrayBuffer>, BigInt(bytes.length)));
      // Also when the other side has gone: node:net finds that out by itself.
      const held = Math.min(MOST_HELD, bytes.length - sent);
      if (held > 0) later(bytes.slice(sent, sent + held));
      return sent + held;
    },
    ref: () => socket.ref(),
    unref: () => socket.unref(),
    close: () => {
      closed = true;
      socket.destroy();
    },
  };
}

function nodeNet(): NodeNet {
  const scope = globalThis as unknown as {
    process: { getBuiltinModule(name: string): NodeNet };
  };
  return scope.process.getBuiltinModule("node:net");
}

function bindSend() {
  const { symbols } = Deno.dlopen("libc.so.6", {
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  });
  return (fd: number, bytes: Uint8Array<ArrayBuffer>, size: bigint) =>
    Number(symbols.send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL));
}
