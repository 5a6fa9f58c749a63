import { SECCOMP_NOTIF, SECCOMP_NOTIF_RESP } from "../structs.ts";
import { EPERM, POLLIN, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND } from "../abi.ts";
import { closeFile, moveUp } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood, type Block } from "../calling/memory.ts";
import { PollSet } from "../descriptors/poll.ts";
import { type Packet, receivePacket, socketPair } from "../descriptors/socket.ts";

const c = libc("ioctl");

/** How a program that may not have children passes its seccomp listener to its parent, between fork and exec. */
export class AttemptChannel {
  /** For the step `no-children` of forkAndExecute. */
  readonly childEnd: number;
  private readonly ownEnd: number;

  /** @param lowest the lowest number for the ends: above what the child redirects */
  constructor(lowest: number) {
    [this.ownEnd, this.childEnd] = socketPair("packets").map((fd) => moveUp(fd, lowest));
  }

  /** The listener of the last forked child; undefined if the kernel gave none. Closes the channel. */
  finish(): AttemptListener | undefined {
    let last: number | undefined;
    for (let packet = this.receive(); packet; packet = this.receive()) {
      // From a child that died before exec.
      if (last !== undefined) closeFile(last);
      [last] = packet.fds;
    }
    closeFile(this.ownEnd);
    closeFile(this.childEnd);
    return last === undefined ? undefined : new AttemptListener(last);
  }

  private receive(): Packet | undefined {
    const packet = receivePacket(this.ownEnd);
    return typeof packet === "object" ? packet : undefined;
  }
}

let request: Block | undefined;
let answer: Block | undefined;

/**
 * Learns of every attempt of a program to start a process and answers EPERM; until then, the program waits. When imp is
 * gone, the kernel answers ENOSYS.
 */
export class AttemptListener {
  private readonly poll = new PollSet(1);

  constructor(
    /** Readable when there is an attempt; hung up when no process of the program is left, poll(2). */
    readonly fd: number,
  ) {}

  /** `gone`: no process of the program is left. Never blocks, unlike {@link refuse} without an attempt. */
  look(): "attempt" | "nothing" | "gone" {
    this.poll.watch(0, this.fd, POLLIN);
    if (this.poll.wait(0) === 0) return "nothing";
    return this.poll.ready(0) & POLLIN ? "attempt" : "gone";
  }

  /**
   * Refuses one attempt; call it when there is one.
   * @returns the thread that tried (the process, if it has only one); undefined if it is gone
   */
  refuse(): number | undefined {
    request ??= allocateForGood(SECCOMP_NOTIF.bytes);
    answer ??= allocateForGood(SECCOMP_NOTIF_RESP.bytes);
    // The kernel insists on zeros.
    request.bytes.fill(0);
    if (c.ioctl(this.fd, SECCOMP_IOCTL_NOTIF_RECV, request.address) < 0) return undefined;
    answer.view.setBigUint64(
      SECCOMP_NOTIF_RESP.id,
      request.view.getBigUint64(SECCOMP_NOTIF.id, true),
      true,
    );
    answer.view.setInt32(SECCOMP_NOTIF_RESP.error, -EPERM, true);
    c.ioctl(this.fd, SECCOMP_IOCTL_NOTIF_SEND, answer.address);
    return request.view.getUint32(SECCOMP_NOTIF.pid, true);
  }

  close(): void {
    closeFile(this.fd);
  }
}
