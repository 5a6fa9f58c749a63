import { SOCKADDR_UN_BYTES } from "../structs.ts";
import { AF_UNIX, EINTR, ENAMETOOLONG, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "../abi.ts";
import { bytesFromText } from "../../base/byte_text.ts";
import { errno } from "../calling/errno.ts";
import { closeFile } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, scratch } from "../calling/memory.ts";

const c = libc("socket", "connect", "write");

const LARGEST = 1 << 16;
let block: Block | undefined;

/**
 * A non-blocking, close-on-exec socket for datagrams to whoever has bound a path, unix(7).
 * @returns -errno on failure (-ENOENT, -ECONNREFUSED: nobody listens there)
 */
export function connectDatagrams(path: string): number {
  const name = bytesFromText(path);
  if (name.length + 3 > SOCKADDR_UN_BYTES) return -ENAMETOOLONG;
  const fd = c.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const code = scratch(() => {
    const address = allocate(3 + name.length);
    address.view.setUint16(0, AF_UNIX, true);
    address.bytes.set(name, 2);
    return c.connect(fd, address.address, address.bytes.length) === 0 ? 0 : errno();
  });
  if (code === 0) return fd;
  closeFile(fd);
  return -code;
}

/** Sends one datagram, whole. @returns 0, or -errno (-EAGAIN: the receiver has to read first) */
export function sendDatagram(fd: number, bytes: Uint8Array): number {
  block ??= allocateForGood(LARGEST);
  const part = bytes.subarray(0, LARGEST);
  block.bytes.set(part);
  for (;;) {
    if (c.write(fd, block.address, part.length) >= 0) return 0;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
