import { CMSGHDR, IOVEC, MSGHDR, SOCK_FILTER, SOCK_FPROG } from "../structs.ts";
import {
  EACCES,
  EPERM,
  ESRCH,
  PR_SET_NO_NEW_PRIVS,
  SCM_RIGHTS,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_USER_NOTIF,
  SECCOMP_SET_MODE_FILTER,
  SOL_SOCKET,
} from "../abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { errno } from "../calling/errno.ts";
import { libc, syscallNumber } from "../calling/load.ts";
import { allocateForGood } from "../calling/memory.ts";
import { denyingFilter, encodeFilter } from "./no_children_filter.ts";

/**
 * Processes that may start threads but no processes, whatever program they execute: seccomp(2). The kernel answers
 * fork, vfork and clone with EPERM; nothing can undo that.
 *
 * A process without CAP_SYS_ADMIN must first renounce gaining privileges by exec (PR_SET_NO_NEW_PRIVS): programs with a
 * set-user-ID bit or file capabilities, like sudo and ping, then run without these.
 */
const RET_ERRNO_EPERM = SECCOMP_RET_ERRNO | EPERM;

const seccomp = syscallNumber("seccomp");
const c = libc("syscall", "prctl");

/**
 * Takes away the ability of all threads of this process to start processes.
 * @returns 0 or an errno: ENOSYS and EINVAL where the kernel has no such filters
 */
export function setNoChildren(): number {
  const set = install(SECCOMP_FILTER_FLAG_TSYNC, structFor(RET_ERRNO_EPERM));
  if (set === 0) return 0;
  // Positive: the ID of a thread that has a filter of its own.
  return set > 0 ? ESRCH : errno();
}

/** Prepares what {@link setNoChildrenOfChild} needs, before fork. @param tellOn see the step `no-children` */
export function noChildrenOperands(tellOn: number | undefined): [number, number, number] {
  if (tellOn === undefined) return [structFor(RET_ERRNO_EPERM), 0, -1];
  message ??= descriptorMessage();
  sendmsg ??= libc("sendmsg").sendmsg;
  return [structFor(RET_ERRNO_EPERM), structFor(SECCOMP_RET_USER_NOTIF), tellOn];
}

/**
 * Runs in a forked child: prepared numbers and libc calls only.
 * @param denying address of the filter that answers EPERM
 * @param asking address of the one whose listener answers; where none is possible (Linux before 5.0, or another
 * listener above us), `denying` is used
 * @param socket where to send the listener
 * @returns negative on failure
 */
export function setNoChildrenOfChild(denying: number, asking: number, socket: number): number {
  if (socket >= 0) {
    const listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, asking);
    if (listener >= 0) {
      message!.descriptor[0] = listener;
      return sendmsg!(socket, message!.address, 0);
    }
  }
  return install(0, denying);
}

function install(flags: number, filter: number): number {
  const set = c.syscall(seccomp, SECCOMP_SET_MODE_FILTER, flags, filter, 0, 0, 0);
  if (set >= 0 || errno() !== EACCES) return set;
  if (c.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return c.syscall(seccomp, SECCOMP_SET_MODE_FILTER, flags, filter, 0, 0, 0);
}

const structs = new Map<number, number>();

/** A struct sock_fprog in memory: the number of instructions and their address. @returns its address */
function structFor(action: number): number {
  const known = structs.get(action);
  if (known !== undefined) return known;
  const code = encodeFilter(denyingFilter(runtime.arch, action));
  const { bytes, len, filter } = SOCK_FPROG;
  const block = allocateForGood(bytes + code.length);
  block.view.setUint16(len, code.length / SOCK_FILTER.bytes, true);
  block.view.setBigUint64(filter, BigInt(block.address + bytes), true);
  block.bytes.set(code, bytes);
  structs.set(action, block.address);
  return block.address;
}

/** A struct msghdr that carries one byte and one descriptor, prepared for a child that may not allocate. */
interface DescriptorMessage {
  readonly address: number;
  readonly descriptor: Int32Array;
}

let message: DescriptorMessage | undefined;
let sendmsg: ((socket: number, message: number, flags: number) => number) | undefined;

// In this order: struct msghdr, struct iovec, one byte of data, struct cmsghdr with its descriptor.
const VECTOR = MSGHDR.bytes, DATA = VECTOR + IOVEC.bytes, CONTROL = DATA + 8;
const DESCRIPTOR = CONTROL + CMSGHDR.data, END = DESCRIPTOR + 8;

/** Builds such a message; unix(7), cmsg(3). */
function descriptorMessage(): DescriptorMessage {
  const block = allocateForGood(END);
  const { view, address } = block;
  view.setBigUint64(MSGHDR.msg_iov, BigInt(address + VECTOR), true);
  view.setUint32(MSGHDR.msg_iovlen, 1, true);
  view.setBigUint64(VECTOR + IOVEC.iov_base, BigInt(address + DATA), true);
  view.setUint32(VECTOR + IOVEC.iov_len, 1, true);
  view.setBigUint64(MSGHDR.msg_control, BigInt(address + CONTROL), true);
  view.setUint32(MSGHDR.msg_controllen, END - CONTROL, true);
  view.setUint32(CONTROL + CMSGHDR.cmsg_len, CMSGHDR.data + 4, true);
  view.setInt32(CONTROL + CMSGHDR.cmsg_level, SOL_SOCKET, true);
  view.setInt32(CONTROL + CMSGHDR.cmsg_type, SCM_RIGHTS, true);
  return {
    address,
    descriptor: new Int32Array(block.bytes.buffer, block.bytes.byteOffset + DESCRIPTOR, 1),
  };
}
