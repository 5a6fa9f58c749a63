import { ADDRINFO } from "../structs.ts";
import {
  EINPROGRESS,
  EINTR,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi.ts";
import { ImpError } from "../../base/errors.ts";
import { runtime } from "../../runtime/mod.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";

const c = libc("socket", "connect", "getsockopt", "getaddrinfo", "freeaddrinfo");

/** A struct sockaddr to connect to. */
export type SocketAddress = Uint8Array;

/**
 * The addresses of a host: a name, or an IPv4 or IPv6 address; getaddrinfo(3). May ask a name server, and waits for it.
 * @throws ImpError when it has none
 */
export function resolve(host: string, port: number): SocketAddress[] {
  return scratch(() => {
    const hints = allocate(ADDRINFO.bytes);
    hints.view.setInt32(ADDRINFO.ai_socktype, SOCK_STREAM, true);
    const result = allocate(8);
    const code = c.getaddrinfo(cString(host), cString(String(port)), hints.address, result.address);
    if (code !== 0) {
      throw new ImpError({
        action: "find the address of",
        object: host,
        why: REASONS[code] ?? `getaddrinfo says ${code}`,
      });
    }
    const first = Number(result.view.getBigUint64(0, true));
    const found = listed(first);
    c.freeaddrinfo(first);
    return found;
  });
}

const REASONS: Record<number, string> = {
  [-2]: "no such host",
  [-3]: "no name server answers",
  [-5]: "it has no address",
};

function listed(first: number): SocketAddress[] {
  const found: SocketAddress[] = [];
  for (let at = first; at !== 0;) {
    const bytes = runtime.copyFrom(at, ADDRINFO.bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    found.push(
      runtime.copyFrom(
        Number(view.getBigUint64(ADDRINFO.ai_addr, true)),
        view.getUint32(ADDRINFO.ai_addrlen, true),
      ),
    );
    at = Number(view.getBigUint64(ADDRINFO.ai_next, true));
  }
  return found;
}

/** Starts connecting, without waiting. @returns the socket, close-on-exec and non-blocking, or -errno */
export function beginConnect(address: SocketAddress): number {
  const family = address[0] | (address[1] << 8);
  const fd = c.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const code = scratch(() => {
    const block = allocate(address.length);
    block.bytes.set(address);
    return c.connect(fd, block.address, address.length) === 0 ? 0 : errno();
  });
  if (code === 0 || code === EINPROGRESS || code === EINTR) return fd;
  libc("close").close(fd);
  return -code;
}

let option: Block | undefined;

/** The error of a socket that has become writable; 0: it is connected. */
export function connectError(fd: number): number {
  option ??= allocateForGood(8);
  option.view.setUint32(4, 4, true);
  const { address, view } = option;
  if (c.getsockopt(fd, SOL_SOCKET, SO_ERROR, address, address + 4) < 0) {
    throw systemError(errno(), "ask", `socket ${fd}`);
  }
  return view.getInt32(0, true);
}
