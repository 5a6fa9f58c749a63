import { CMSGHDR, IOVEC, MSGHDR, UCRED } from "../structs.ts";
import {
  AF_UNIX,
  EINTR,
  MSG_DONTWAIT,
  O_CLOEXEC,
  SCM_CREDENTIALS,
  SO_PASSCRED,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile, moveUp } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, scratch } from "../calling/memory.ts";

const c = libc("socketpair", "setsockopt", "recvmsg");

// A struct cmsghdr with a struct ucred, and spare room: unix(7).
const CONTROL_BYTES = 64;
const CHUNK = 1 << 16;

/** What one process wrote. */
export interface Heard {
  /** The process that called write(2), according to the kernel. */
  readonly pid: number;
  readonly bytes: Uint8Array;
}

/**
 * One end to read from; any number of processes may have the other as standard output. The kernel records the writer of
 * each write, so their output can be told apart: unix(7), SO_PASSCRED.
 */
export class Witness {
  /** The end to write to: close-on-exec, to be passed to children, then closed with {@link closeWriter}. */
  readonly writer: number;
  private readonly reader: number;
  private readonly header = allocateForGood(MSGHDR.bytes + IOVEC.bytes + CONTROL_BYTES);
  private readonly chunk: Block = allocateForGood(CHUNK);
  private writerOpen = true;

  /** @param lowest the lowest number for the descriptors. @throws ImpError */
  constructor(lowest = 3) {
    const [reader, writer] = makePair();
    this.reader = moveUp(reader, lowest);
    this.writer = moveUp(writer, lowest);
    scratch(() => {
      const on = allocate(4);
      on.view.setInt32(0, 1, true);
      if (c.setsockopt(this.reader, SOL_SOCKET, SO_PASSCRED, on.address, 4) === 0) return;
      throw systemError(errno(), "ask for the writers of", "a socket");
    });
  }

  /** What has been written since the last call, in order; nothing is merged. */
  read(): Heard[] {
    const heard: Heard[] = [];
    for (;;) {
      const one = this.next();
      if (!one) return heard;
      heard.push(one);
    }
  }

  closeWriter(): void {
    if (this.writerOpen) closeFile(this.writer);
    this.writerOpen = false;
  }

  close(): void {
    this.closeWriter();
    closeFile(this.reader);
  }

  /** @returns nothing when nothing is pending, and at the end */
  private next(): Heard | undefined {
    const { header, chunk } = this;
    const vector = MSGHDR.bytes, control = MSGHDR.bytes + IOVEC.bytes;
    header.bytes.fill(0);
    const pointer = (at: number, value: number) =>
      header.view.setBigUint64(at, BigInt(value), true);
    pointer(vector + IOVEC.iov_base, chunk.address);
    pointer(vector + IOVEC.iov_len, CHUNK);
    pointer(MSGHDR.msg_iov, header.address + vector);
    pointer(MSGHDR.msg_iovlen, 1);
    pointer(MSGHDR.msg_control, header.address + control);
    pointer(MSGHDR.msg_controllen, CONTROL_BYTES);
    for (;;) {
      const n = c.recvmsg(this.reader, header.address, MSG_DONTWAIT);
      if (n > 0) return { pid: this.writerIn(control), bytes: chunk.bytes.slice(0, n) };
      if (n === 0 || errno() !== EINTR) return undefined;
    }
  }

  private writerIn(control: number): number {
    const { view } = this.header;
    const level = view.getInt32(control + CMSGHDR.cmsg_level, true);
    const type = view.getInt32(control + CMSGHDR.cmsg_type, true);
    return level === SOL_SOCKET && type === SCM_CREDENTIALS
      ? view.getInt32(control + CMSGHDR.data + UCRED.pid, true)
      : 0;
  }
}

function makePair(): [number, number] {
  return scratch(() => {
    const ends = allocate(8);
    if (c.socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, ends.address) < 0) {
      throw systemError(errno(), "make", "a pair of sockets");
    }
    return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
  });
}
