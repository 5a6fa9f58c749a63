import { SOCKADDR_UN_BYTES } from "../structs.ts";
import {
  AF_INET6,
  AF_UNIX,
  AT_EMPTY_PATH,
  ENAMETOOLONG,
  F_GETFL,
  F_SETFL,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  O_NONBLOCK,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi.ts";
import { bytesFromText } from "../../base/byte_text.ts";
import { errno } from "../calling/errno.ts";
import { libc, syscall } from "../calling/load.ts";
import { allocate, cString, scratch } from "../calling/memory.ts";
import { closeFile } from "./files.ts";
import type { SocketAddress } from "./inet.ts";

const c = libc("socket", "bind", "listen", "setsockopt", "connect", "fcntl", "umask", "fchownat");

/** The kernel takes the largest that net.core.somaxconn allows. */
const LONGEST_BACKLOG = 0x7fff_ffff;

/**
 * A close-on-exec IPv4 or IPv6 socket: `stream` listens (TCP), `datagrams` is bound (UDP).
 * @param dual whether an IPv6 socket takes IPv4 too
 * @returns -errno on failure
 */
export function openInetSocket(
  kind: "stream" | "datagrams",
  address: SocketAddress,
  dual: boolean,
): number {
  const family = address[0] | (address[1] << 8);
  return opened(family, kind, (fd) => {
    if (family === AF_INET6) {
      const code = setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual ? 0 : 1);
      if (code !== 0) return code;
    }
    // A connection in TIME_WAIT must not hold up a server. With UDP this would let others take the datagrams.
    if (kind === "stream") setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return address;
  });
}

/**
 * A close-on-exec socket listening at a path; unix(7). The file gets this mode whatever the umask.
 * @returns -errno on failure: -EADDRINUSE when the name is taken
 */
export function openUnixSocket(path: string, mode: number): number {
  const address = unixAddress(path);
  if (typeof address === "number") return address;
  const before = c.umask(0o777 & ~mode);
  try {
    return opened(AF_UNIX, "stream", () => address);
  } finally {
    c.umask(before);
  }
}

/** Whether somebody listens at a path. @returns 0 if so, else -errno: -ECONNREFUSED when nobody does */
export function askUnixSocket(path: string): number {
  const address = unixAddress(path);
  if (typeof address === "number") return address;
  const fd = c.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const code = scratch(() => c.connect(fd, place(address), address.length) === 0 ? 0 : -errno());
  closeFile(fd);
  return code;
}

/** Makes a socket listen that may have been shut down; no effect on one that listens. @returns 0, or -errno */
export function listenAgain(fd: number): number {
  return c.listen(fd, LONGEST_BACKLOG) === 0 ? 0 : -errno();
}

/** Clears O_NONBLOCK, for everybody who shares the descriptor. */
export function makeBlocking(fd: number): void {
  const flags = c.fcntl(fd, F_GETFL, 0);
  if (flags >= 0 && flags & O_NONBLOCK) c.fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/** Gives the file behind a descriptor (O_PATH too) to a user. @returns 0, or -errno */
export function giveFile(fd: number, uid: number, gid: number): number {
  return scratch(() => c.fchownat(fd, cString(""), uid, gid, AT_EMPTY_PATH) === 0 ? 0 : -errno());
}

/**
 * A copy of another process' descriptor, close-on-exec; pidfd_getfd(2). @returns -errno: -EPERM when imp may not trace
 * it
 */
export function takeDescriptor(pidfd: number, fd: number): number {
  const taken = syscall("pidfd_getfd", pidfd, fd, 0);
  return taken < 0 ? -errno() : taken;
}

/** @param prepare runs before the socket is bound. @returns the address to bind it to, or -errno */
function opened(
  family: number,
  kind: "stream" | "datagrams",
  prepare: (fd: number) => Uint8Array | number,
): number {
  const type = kind === "stream" ? SOCK_STREAM : SOCK_DGRAM;
  const fd = c.socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const address = prepare(fd);
  const code = typeof address === "number" ? address : scratch(() => {
    if (c.bind(fd, place(address), address.length) < 0) return -errno();
    return kind === "stream" ? listenAgain(fd) : 0;
  });
  if (code === 0) return fd;
  closeFile(fd);
  return code;
}

function setOption(fd: number, level: number, option: number, value: number): number {
  return scratch(() => {
    const block = allocate(4);
    block.view.setInt32(0, value, true);
    return c.setsockopt(fd, level, option, block.address, 4) === 0 ? 0 : -errno();
  });
}

function unixAddress(path: string): Uint8Array | number {
  const name = bytesFromText(path);
  if (name.length + 3 > SOCKADDR_UN_BYTES) return -ENAMETOOLONG;
  const address = new Uint8Array(3 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}

/** Valid for the length of a scratch. */
function place(bytes: Uint8Array): number {
  const block = allocate(bytes.length);
  block.bytes.set(bytes);
  return block.address;
}
