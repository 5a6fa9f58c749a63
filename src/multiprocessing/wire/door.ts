import { EAGAIN, ETOOMANYREFS } from "../../libc/abi.ts";
import { receivePacket, sendPacket, shutDown, socketPair } from "../../libc/descriptors/socket.ts";
import { runtime, type RuntimeSocket } from "../../runtime/mod.ts";
import { Channel, type Descriptors } from "./channel.ts";
import { closeSent } from "./codec.ts";
import { linesInUse } from "./side_line.ts";
import { pack, type Packed, type Portable, registerPortable } from "./portable.ts";

const KIND = "Door";
const ONE_BYTE = new Uint8Array(1);
const RETRY_MS = 1;

/** What happens at a door. */
export interface Doorkeeper {
  /** Somebody has come: this is our end of their channel. */
  entered(channel: Channel): void;
  /** Nobody has the outside any more. */
  closed(): void;
}

/**
 * Through its outside any number of processes, each with a copy of the descriptors, get a channel to whoever has its
 * inside. A channel itself cannot do that: copies of one end would take each other's answers.
 *
 * A packet socket brings the ends of new channels, a stream wakes the listener. Each process sends one packet, then one
 * byte, and all packets are taken at each byte: a process that dies between the two disturbs nobody.
 */
export class Door implements Portable {
  private constructor(private readonly fds: Descriptors) {}

  /** @throws ImpError (EMFILE) */
  static pair(): { inside: Door; outside: Door } {
    const [stream, otherStream] = socketPair("stream");
    try {
      const [side, otherSide] = socketPair("packets");
      return { inside: new Door([stream, side]), outside: new Door([otherStream, otherSide]) };
    } catch (error) {
      closeSent([stream, otherStream]);
      throw error;
    }
  }

  static open(fds: Descriptors): Door {
    return new Door(fds);
  }

  /** For the outside: a channel of its own. The door is used up here. @throws ImpError (EMFILE) */
  enter(): Channel {
    try {
      const { mine, theirs } = Channel.pair();
      this.hand(theirs);
      return mine;
    } catch (error) {
      closeSent(this.fds);
      throw error;
    }
  }

  /** For the inside. It does not keep the event loop alive until `ref`. */
  listen(keeper: Doorkeeper): OpenDoor {
    return new OpenDoor(this.fds, keeper);
  }

  /** Hands this side over to the process that gets the message. */
  [pack](): Packed {
    return { kind: KIND, data: undefined, fds: [...this.fds] };
  }

  private hand(theirs: Descriptors): void {
    const [stream, side] = this.fds;
    const code = -sendPacket(side, ONE_BYTE, theirs);
    if (code === EAGAIN || code === ETOOMANYREFS) {
      return void setTimeout(() => this.hand(theirs), RETRY_MS);
    }
    // After any other error nobody listens any more, which the end of the new channel shows. A full stream wakes, too.
    sendPacket(stream, ONE_BYTE);
    closeSent([...theirs, ...this.fds]);
  }
}

/** The inside, in use. */
export class OpenDoor {
  private readonly socket: RuntimeSocket;
  private open = true;

  constructor(private readonly fds: Descriptors, private readonly keeper: Doorkeeper) {
    this.socket = runtime.openSocket(fds[0], {
      data: () => this.letIn(),
      drain: () => {},
      close: () => this.end(),
    });
    this.socket.unref();
    linesInUse.add(this);
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  /** If no event loop will run any more: everybody who has come, or comes later, is told at once. */
  cut(): void {
    const side = this.fds[1];
    shutDown(side);
    for (const fds of arrivals(side)) closeSent(fds);
  }

  private letIn(): void {
    for (const [stream, side] of arrivals(this.fds[1])) {
      this.keeper.entered(Channel.open([stream, side]));
    }
  }

  private end(): void {
    if (!this.open) return;
    this.open = false;
    this.letIn();
    linesInUse.delete(this);
    this.socket.close();
    closeSent([this.fds[1]]);
    this.keeper.closed();
  }
}

/** What could not be received is thereby closed: its sender sees the end. */
function* arrivals(side: number): Generator<number[]> {
  for (;;) {
    const packet = receivePacket(side);
    if (packet === "end" || packet === -EAGAIN) return;
    if (typeof packet === "object") yield packet.fds;
  }
}

registerPortable(KIND, (_, [stream, side]) => Door.open([stream, side]));
