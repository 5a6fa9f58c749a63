import { EAGAIN, ETOOMANYREFS } from "../../libc/abi.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { MOST_DESCRIPTORS, receivePacket, sendPacket } from "../../libc/descriptors/socket.ts";
import { closeSent } from "./codec.ts";

const ONE_BYTE = new Uint8Array(1);

/** The part of a channel by which descriptors travel: a socket of packets, each with as many as one can carry. */
export class SideLine {
  constructor(private readonly fd: number) {}

  /**
   * Sends descriptors and closes them here; those that are sent are taken out of `fds`.
   * @returns false when the kernel does not take all of them now
   */
  send(fds: number[]): boolean {
    while (fds.length > 0) {
      const some = fds.slice(0, MOST_DESCRIPTORS);
      const code = -sendPacket(this.fd, ONE_BYTE, some);
      // Any other error: the other side has gone, which the stream tells too.
      if (code === EAGAIN || code === ETOOMANYREFS) return false;
      closeSent(some);
      fds.splice(0, some.length);
    }
    return true;
  }

  /**
   * The descriptors of the next message. All of its packets are taken, also when one cannot be: what stayed behind
   * would be the next message's.
   * @returns an errno when not all of them have found room here; then none is kept
   */
  take(count: number): number[] | number {
    const fds: number[] = [];
    let failure = 0;
    for (let left = count; left > 0; left -= MOST_DESCRIPTORS) {
      const packet = receivePacket(this.fd);
      if (typeof packet === "object") fds.push(...packet.fds);
      else failure ||= packet === "end" ? EAGAIN : -packet;
    }
    if (failure === 0) return fds;
    closeSent(fds);
    return failure;
  }

  close(): void {
    closeFile(this.fd);
  }
}

/** A line to other processes. */
interface Line {
  /** If no event loop will run any more: the other side learns of it at once. */
  cut(): void;
}

/** Those that are in use. */
export const linesInUse = new Set<Line>();

/** This process no longer serves anyone, though it still exists: those that wait for it would wait forever. */
export function cutLines(): void {
  for (const line of linesInUse) line.cut();
}
