import { SOCKADDR_UN_BYTES, UCRED } from "../structs.ts";
import {
  AF_UNIX,
  O_PATH,
  SO_PEERCRED,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "../abi.ts";
import { O_DIRECTORY } from "../machine.ts";
import { errno } from "../calling/errno.ts";
import { type Libc, libc } from "../calling/load.ts";
import { allocate, type Block, scratch } from "../calling/memory.ts";
import { removeIn } from "./file_names.ts";
import { closeFile, tryOpen } from "./files.ts";

/** Bound on first use: few daemons have a terminal. */
type Bound = Libc<
  "socket" | "bind" | "listen" | "accept4" | "connect" | "getsockopt" | "setsockopt"
>;
let bound: Bound | undefined;
const c = () =>
  bound ??= libc("socket", "bind", "listen", "accept4", "connect", "getsockopt", "setsockopt");

const TYPE = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
const BACKLOG = 128;

/**
 * A packet socket that others find by its name in a directory, replacing whatever has that name; unix(7). The directory
 * may be at any depth: the kernel is given its descriptor, because a socket's path holds only 107 bytes.
 * @returns close-on-exec and non-blocking; -errno on failure
 */
export function listenLocal(directory: string, name: string): number {
  return within(directory, (at) => {
    removeIn(at, name);
    return named(
      at,
      name,
      (fd, { address, bytes }) =>
        c().bind(fd, address, bytes.length) === 0 && c().listen(fd, BACKLOG) === 0,
    );
  });
}

/**
 * @returns a connection, close-on-exec and non-blocking; -errno: nobody listens there, or the backlog is full (-EAGAIN)
 */
export function connectLocal(directory: string, name: string): number {
  return within(
    directory,
    (at) =>
      named(at, name, (fd, { address, bytes }) => c().connect(fd, address, bytes.length) === 0),
  );
}

/** @returns the next connection, likewise; -errno (-EAGAIN: there is none) */
export function acceptLocal(listening: number): number {
  const fd = c().accept4(listening, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return fd >= 0 ? fd : -errno();
}

/** How much the kernel buffers for a reader that does not read. */
export function limitUnread(fd: number, bytes: number): void {
  scratch(() => {
    const size = allocate(4);
    size.view.setInt32(0, bytes, true);
    c().setsockopt(fd, SOL_SOCKET, SO_SNDBUF, size.address, 4);
  });
}

/** The user whose process connected; -1 when the kernel does not say. */
export function peerUser(fd: number): number {
  return scratch(() => {
    const credentials = allocate(UCRED.bytes);
    const length = allocate(4);
    length.view.setUint32(0, UCRED.bytes, true);
    const code = c().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials.address, length.address);
    return code === 0 ? credentials.view.getUint32(UCRED.uid, true) : -1;
  });
}

function within(directory: string, work: (at: number) => number): number {
  const at = tryOpen(directory, O_PATH | O_DIRECTORY);
  if (at < 0) return at;
  const result = work(at);
  closeFile(at);
  return result;
}

function named(at: number, name: string, use: (fd: number, address: Block) => boolean): number {
  const fd = c().socket(AF_UNIX, TYPE, 0);
  if (fd < 0) return -errno();
  const code = scratch(() => {
    const path = new TextEncoder().encode(`/proc/self/fd/${at}/${name}`);
    const address = allocate(Math.min(SOCKADDR_UN_BYTES, 3 + path.length));
    address.view.setUint16(0, AF_UNIX, true);
    address.bytes.set(path, 2);
    return use(fd, address) ? 0 : errno();
  });
  if (code === 0) return fd;
  closeFile(fd);
  return -code;
}
