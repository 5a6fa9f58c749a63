import { CMSGHDR, IOVEC, MSGHDR } from "../structs.ts";
import {
  AF_UNIX,
  ECONNRESET,
  EINTR,
  EMFILE,
  EMSGSIZE,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  SCM_RIGHTS,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood, type Block } from "../calling/memory.ts";

const c = libc("socketpair", "sendmsg", "recvmsg", "shutdown");

/** The kernel's limit on descriptors per message, SCM_MAX_FD. */
export const MOST_DESCRIPTORS = 253;
/** The largest packet in bytes. */
export const PACKET_BYTES = 4096;

const CONTROL_SIZE = CMSGHDR.data + 4 * MOST_DESCRIPTORS + 4;

/** One message: never cut, never joined with another. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** Descriptors now open in this process, close-on-exec. */
  readonly fds: number[];
}

interface Message {
  readonly header: Block;
  readonly control: Block;
  readonly data: Block;
  readonly iov: Block;
}

let message: Message | undefined;

/**
 * Two connected sockets without a name, non-blocking and close-on-exec; socketpair(2).
 * @param kind `stream` for bytes, `packets` for messages with boundaries (SOCK_SEQPACKET)
 * @throws ImpError (EMFILE, ENFILE)
 */
export function socketPair(kind: "stream" | "packets"): [number, number] {
  const type = kind === "stream" ? SOCK_STREAM : SOCK_SEQPACKET;
  const { data } = prepared();
  if (c.socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, data.address) < 0) {
    throw systemError(errno(), "make", "a pair of sockets");
  }
  return [data.view.getInt32(0, true), data.view.getInt32(4, true)];
}

/**
 * Shuts down both directions: the other side reads what was sent, then end of file. The descriptor stays open;
 * shutdown(2).
 */
export function shutDown(fd: number): void {
  c.shutdown(fd, SHUT_RDWR);
}

/**
 * Sends one packet of 1 to {@link PACKET_BYTES} bytes and up to {@link MOST_DESCRIPTORS} descriptors, which stay open
 * here. Never blocks and never raises SIGPIPE.
 * @returns 0, or -errno: -EAGAIN when the other end has to read first, -EPIPE or -ECONNRESET when it is gone,
 * -ETOOMANYREFS when more descriptors are in flight than the limit on open files allows
 */
export function sendPacket(fd: number, bytes: Uint8Array, fds: readonly number[] = []): number {
  if (bytes.length === 0 || bytes.length > PACKET_BYTES || fds.length > MOST_DESCRIPTORS) {
    throw new RangeError(`a packet of ${bytes.length} bytes and ${fds.length} descriptors`);
  }
  const { header, control, data } = prepared();
  data.bytes.set(bytes);
  const length = fds.length === 0 ? 0 : CMSGHDR.data + 4 * fds.length;
  control.view.setBigUint64(CMSGHDR.cmsg_len, BigInt(length), true);
  control.view.setInt32(CMSGHDR.cmsg_level, SOL_SOCKET, true);
  control.view.setInt32(CMSGHDR.cmsg_type, SCM_RIGHTS, true);
  fds.forEach((sent, i) => control.view.setInt32(CMSGHDR.data + 4 * i, sent, true));
  // The total length includes the last one's padding, cmsg(3).
  describe(bytes.length, (length + 7) & ~7);
  for (;;) {
    const n = c.sendmsg(fd, header.address, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return 0;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/**
 * Takes one packet. Never blocks.
 * @returns `end` when the other end is closed and everything is read; -errno: -EAGAIN when there is none, -EMFILE when
 * not all its descriptors fit here (those that did are closed, and the packet is lost)
 */
export function receivePacket(fd: number): Packet | "end" | number {
  const { header, data } = prepared();
  for (let reset = false;;) {
    describe(PACKET_BYTES, CONTROL_SIZE);
    const n = c.recvmsg(fd, header.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n > 0) return taken(data.bytes.slice(0, n));
    if (n === 0) return "end";
    const code = errno();
    // Reported once, before the packets that arrived: the other end closed without reading everything it was sent.
    if (code === ECONNRESET && !reset) reset = true;
    else if (code !== EINTR) return -code;
  }
}

function taken(bytes: Uint8Array): Packet | number {
  const flags = message!.header.view.getInt32(MSGHDR.msg_flags, true);
  const fds = receivedDescriptors();
  if ((flags & (MSG_CTRUNC | MSG_TRUNC)) === 0) return { bytes, fds };
  // A partial packet is useless.
  fds.forEach(closeFile);
  return flags & MSG_CTRUNC ? -EMFILE : -EMSGSIZE;
}

function receivedDescriptors(): number[] {
  const { header, control } = message!;
  if (Number(header.view.getBigUint64(MSGHDR.msg_controllen, true)) < CMSGHDR.data) return [];
  const { view } = control;
  const ours = view.getInt32(CMSGHDR.cmsg_level, true) === SOL_SOCKET &&
    view.getInt32(CMSGHDR.cmsg_type, true) === SCM_RIGHTS;
  if (!ours) return [];
  const count = (Number(view.getBigUint64(CMSGHDR.cmsg_len, true)) - CMSGHDR.data) >> 2;
  return Array.from({ length: count }, (_, i) => view.getInt32(CMSGHDR.data + 4 * i, true));
}

function describe(bytes: number, controlBytes: number): void {
  const { header, control, iov } = message!;
  iov.view.setBigUint64(IOVEC.iov_len, BigInt(bytes), true);
  header.view.setBigUint64(
    MSGHDR.msg_control,
    BigInt(controlBytes === 0 ? 0 : control.address),
    true,
  );
  header.view.setBigUint64(MSGHDR.msg_controllen, BigInt(controlBytes), true);
  header.view.setInt32(MSGHDR.msg_flags, 0, true);
}

/** Allocated by the first call and shared by all: none of them returns to the event loop in between. */
function prepared(): Message {
  if (message) return message;
  const block = (size: number) => allocateForGood(size);
  const made = {
    header: block(MSGHDR.bytes),
    control: block(CONTROL_SIZE),
    data: block(PACKET_BYTES),
    iov: block(IOVEC.bytes),
  };
  made.iov.view.setBigUint64(IOVEC.iov_base, BigInt(made.data.address), true);
  made.header.view.setBigUint64(MSGHDR.msg_iov, BigInt(made.iov.address), true);
  made.header.view.setBigUint64(MSGHDR.msg_iovlen, 1n, true);
  return message = made;
}
