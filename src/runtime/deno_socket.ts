import type { RuntimeSocket, SocketHandlers } from "./types.ts";

/** What the driver needs from node:net's Socket. */
interface NodeSocket {
  on(event: string, handler: (value: never) => void): void;
  ref(): void;
  unref(): void;
  destroy(): void;
}

interface NodeNet {
  Socket: new (options: { fd: number; readable: boolean; writable: boolean }) => NodeSocket;
}

const MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;
const EAGAIN = 11;
const RETRY_MS = 1;

let send: ((fd: number, bytes: Uint8Array) => number) | undefined;

/**
 * node:net reads, but does not write: bytes go straight to the kernel, so that they are sent even if this process ends
 * in the next statement, and because a failed write of node:net discards what the other side had already sent.
 */
export function openDenoSocket(
  fd: number,
  { data, drain, close }: SocketHandlers,
): RuntimeSocket {
  const socket = new (nodeNet().Socket)({ fd, readable: true, writable: true });
  let closed = false, held = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    closed = true;
    clearTimeout(timer);
  };
  socket.on("data", data);
  socket.on("close", () => {
    if (!closed) close();
    stop();
  });
  // An error means that the other side has gone: "close" follows.
  socket.on("error", () => {});
  send ??= bindSend();
  const retryLater = () => {
    timer = setTimeout(() => {
      timer = undefined;
      drain();
    }, RETRY_MS);
    if (!held) Deno.unrefTimer(timer as unknown as number);
  };
  return {
    write: (bytes) => {
      if (closed) return -1;
      const sent = send!(fd, bytes);
      if (sent < 0 && sent !== -EAGAIN) return -1;
      if (sent < bytes.length && timer === undefined) retryLater();
      return Math.max(0, sent);
    },
    ref: () => {
      held = true;
      socket.ref();
      if (timer !== undefined) Deno.refTimer(timer as unknown as number);
    },
    unref: () => {
      held = false;
      socket.unref();
      if (timer !== undefined) Deno.unrefTimer(timer as unknown as number);
    },
    close: () => {
      stop();
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

/** @returns how many bytes the kernel took, or -errno */
function bindSend(): (fd: number, bytes: Uint8Array) => number {
  const { symbols } = Deno.dlopen("libc.so.6", {
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    __errno_location: { parameters: [], result: "pointer" },
  });
  const errno = new Deno.UnsafePointerView(symbols.__errno_location()!);
  const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
  return (fd, bytes) => {
    const sent = symbols.send(fd, bytes as Uint8Array<ArrayBuffer>, BigInt(bytes.length), FLAGS);
    const code = errno.getInt32();
    return sent < 0n ? -code : Number(sent);
  };
}
