import { CMSGHDR, IOVEC, MSGHDR, SOCKADDR_UN_BYTES, UCRED } from "../structs.ts";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_PEEK,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  SO_PASSCRED,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, scratch } from "../calling/memory.ts";

const c = libc("socket", "bind", "setsockopt", "recvmsg");

const DATA_BYTES = 4096, CONTROL_BYTES = 1088;

/** One datagram, and its sender according to the kernel. */
export interface Notification {
  readonly text: string;
  /** 0 and -1 when the kernel does not say. */
  readonly pid: number;
  readonly uid: number;
}

interface Buffers {
  readonly header: Block;
  readonly data: Block;
  readonly control: Block;
}

let buffers: Buffers | undefined;

/**
 * A socket for sd_notify(3) with an abstract name: it disappears with its last descriptor, so nothing stays in the file
 * system however imp ends. Non-blocking and close-on-exec.
 * @param name without the leading NUL
 */
export function openNotifySocket(name: string): number {
  const fd = c.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError(errno(), "make", "a socket");
  const code = scratch(() => {
    const path = new TextEncoder().encode(name);
    const address = allocate(3 + path.length);
    address.view.setUint16(0, AF_UNIX, true);
    address.bytes.set(path, 3);
    const on = allocate(4);
    on.view.setInt32(0, 1, true);
    if (c.setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on.address, 4) < 0) return errno();
    return c.bind(fd, address.address, address.bytes.length) === 0 ? 0 : errno();
  });
  if (code === 0) return fd;
  libc("close").close(fd);
  throw systemError(code, "name", "a socket for notifications");
}

/** The name of such a socket, for a process that merely inherited it; undefined if it has no abstract name. */
export function notifySocketName(fd: number): string | undefined {
  return scratch(() => {
    const address = allocate(SOCKADDR_UN_BYTES);
    const length = allocate(4);
    length.view.setUint32(0, SOCKADDR_UN_BYTES, true);
    if (libc("getsockname").getsockname(fd, address.address, length.address) < 0) return undefined;
    const end = length.view.getUint32(0, true);
    const isAbstract = address.view.getUint16(0, true) === AF_UNIX && end > 3 &&
      address.bytes[2] === 0;
    return isAbstract ? new TextDecoder().decode(address.bytes.slice(3, end)) : undefined;
  });
}

/** Takes one datagram; undefined when there is none. Never blocks. */
export function receiveNotification(fd: number): Notification | undefined {
  return receive(fd, 0);
}

/** Like it, but leaves the datagram in the queue. */
export function peekNotification(fd: number): Notification | undefined {
  return receive(fd, MSG_PEEK);
}

function receive(fd: number, flags: number): Notification | undefined {
  const { header, data, control } = buffers ??= prepare();
  header.view.setBigUint64(MSGHDR.msg_controllen, BigInt(CONTROL_BYTES), true);
  const n = c.recvmsg(fd, header.address, flags | MSG_CMSG_CLOEXEC);
  if (n < 0) return undefined;
  const length = Number(header.view.getBigUint64(MSGHDR.msg_controllen, true));
  return {
    text: new TextDecoder().decode(data.bytes.slice(0, n)),
    ...takeControl(control, length),
  };
}

/** Who sent it. Descriptors that came along (FDSTORE=1) are closed. */
function takeControl({ view }: Block, length: number): { pid: number; uid: number } {
  const sender = { pid: 0, uid: -1 };
  for (let at = 0; at + CMSGHDR.data <= length;) {
    const size = Number(view.getBigUint64(at + CMSGHDR.cmsg_len, true));
    if (size < CMSGHDR.data) break;
    const type = view.getInt32(at + CMSGHDR.cmsg_type, true);
    if (type === SCM_CREDENTIALS) {
      sender.pid = view.getInt32(at + CMSGHDR.data + UCRED.pid, true);
      sender.uid = view.getUint32(at + CMSGHDR.data + UCRED.uid, true);
    }
    for (let fd = at + CMSGHDR.data; type === SCM_RIGHTS && fd + 4 <= at + size; fd += 4) {
      libc("close").close(view.getInt32(fd, true));
    }
    at += (size + 7) & ~7;
  }
  return sender;
}

function prepare(): Buffers {
  const header = allocateForGood(MSGHDR.bytes + IOVEC.bytes);
  const data = allocateForGood(DATA_BYTES);
  const control = allocateForGood(CONTROL_BYTES);
  const iov = header.address + MSGHDR.bytes;
  header.view.setBigUint64(MSGHDR.bytes + IOVEC.iov_base, BigInt(data.address), true);
  header.view.setBigUint64(MSGHDR.bytes + IOVEC.iov_len, BigInt(DATA_BYTES), true);
  header.view.setBigUint64(MSGHDR.msg_iov, BigInt(iov), true);
  header.view.setBigUint64(MSGHDR.msg_iovlen, 1n, true);
  header.view.setBigUint64(MSGHDR.msg_control, BigInt(control.address), true);
  return { header, data, control };
}
