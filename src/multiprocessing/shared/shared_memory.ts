import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../libc/descriptors/mapping.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";

/** Memory that is the same in every process to which it was sent. It goes with the last of them. */
export class SharedMemory implements Portable {
  readonly buffer: ArrayBuffer;
  private readonly fd: number;

  /**
   * @param size in bytes, more than 0
   * @param fd of memory that exists; left out, new memory is made, filled with 0
   * @throws ImpError (EMFILE, ENOMEM)
   */
  constructor(size: number, fd = createSharedMemory(size)) {
    try {
      this.buffer = mapShared(fd, size);
    } catch (error) {
      closeFile(fd);
      throw error;
    }
    this.fd = fd;
    dropped.register(this, fd);
  }

  [pack](): Packed {
    return { kind: KIND, data: this.buffer.byteLength, fds: [duplicate(this.fd)] };
  }
}

/** The mapping outlives the descriptor, which only serves to send it on. */
const dropped = new FinalizationRegistry<number>(closeFile);
const KIND = "SharedMemory";
registerPortable(KIND, (size, [fd]) => new SharedMemory(size as number, fd));
