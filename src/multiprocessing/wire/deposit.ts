import { systemError } from "../../libc/calling/errno.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { receivePacket, sendPacket, socketPair } from "../../libc/descriptors/socket.ts";
import { Channel } from "./channel.ts";
import { closeSent } from "./codec.ts";
import { pack, type Packed, type Portable, registerPortable } from "./portable.ts";

const KIND = "Deposit";
const ONE_BYTE = new Uint8Array(1);

/**
 * A channel for one, left where many pass: the descriptor of a socket that holds one packet with the channel in it.
 * Whoever looks first gets it. If all copies of the descriptor are closed before, so is the channel.
 */
export class Deposit implements Portable {
  private constructor(private readonly fd: number) {}

  /** The channel is handed over. @throws ImpError (EMFILE) */
  static of(channel: Channel): Deposit {
    const [place, way] = socketPair("packets");
    const { fds } = channel[pack]();
    const code = -sendPacket(way, ONE_BYTE, fds);
    closeSent([...fds, way]);
    if (code === 0) return new Deposit(place);
    closeFile(place);
    throw systemError(code, "keep", "an end of a pipe");
  }

  static open(fd: number): Deposit {
    return new Deposit(fd);
  }

  /** @returns undefined when somebody else has it. @throws ImpError (EMFILE) */
  take(): Channel | undefined {
    const packet = receivePacket(this.fd);
    closeFile(this.fd);
    if (packet === "end") return undefined;
    if (typeof packet === "number") throw systemError(-packet, "receive", "an end of a pipe");
    const [stream, side] = packet.fds;
    return Channel.open([stream, side]);
  }

  [pack](): Packed {
    return { kind: KIND, data: undefined, fds: [this.fd] };
  }
}

registerPortable(KIND, (_, [fd]) => Deposit.open(fd));
