import { closeFile } from "../../libc/descriptors/files.ts";
import { receiveBuffer, sendBuffer } from "../../libc/descriptors/mapping.ts";

/**
 * From this size on a buffer travels as a file in memory, copied once, instead of through sockets: below, making and
 * mapping the file takes longer than the copies that it saves.
 */
export const LARGE_BYTES = 1 << 18;

/** @returns a descriptor that is open until the message is sent */
export function putLargeBuffer(buffer: ArrayBuffer): number {
  return sendBuffer(new Uint8Array(buffer));
}

/** Closes the descriptor. @param kept others have or get one of the same buffer */
export function takeLargeBuffer(fd: number, byteLength: number, kept: boolean): ArrayBuffer {
  return receiveBuffer(fd, byteLength, kept);
}

/** Closes the descriptors of a message: they are sent, or it is not sent after all. */
export function closeSent(fds: readonly number[]): void {
  for (const fd of fds) closeFile(fd);
}
