import { ownPid } from "../../libc/process.ts";
import type { Channel } from "../wire/channel.ts";
import type { Call, Holder, Service } from "./service.ts";
import { ownThread } from "../process/thread_identity.ts";

/** What a holder sends: the number of a request that wants an answer, or 0; the method; its arguments. */
export type Request = [id: number, method: string, ...args: unknown[]];
/** What it is answered: the number and the value, or the error's name and message. */
export type Answer = [id: number, value: unknown] | [id: number, name: string, message: string];

/**
 * The place of a service: it connects holders with it, those in this process and, each by a channel, those in others. Whether
 * a holder lives is known from its channel, which ends with it.
 */
export class Host {
  private readonly connections = new Set<Channel>();
  /** Calls of this process that wait for what another one does. */
  private waiting = 0;

  constructor(readonly service: Service) {}

  /** Calls from within the process of the service. */
  readonly holder: Holder = {
    pid: ownPid(),
    thread: ownThread(),
    local: true,
  };

  /** Takes the other end of what a holder uses. */
  attach(channel: Channel): void {
    const connection = new Connection(this, channel);
    this.connections.add(channel);
    channel.listen({
      message: (request) => connection.receive(request as Request),
      closed: () => this.detach(channel, connection),
      // It speaks another language: cut off it learns that, left waiting it would not.
      failed: () => {
        channel.close();
        this.detach(channel, connection);
      },
    });
    if (this.waiting > 0) channel.ref();
  }

  /** While somebody here waits, the event loop lives as long as anybody is left who could end the waiting. */
  waits(more: 1 | -1): void {
    this.waiting += more;
    if (this.waiting === 1 && more === 1) { for (const channel of this.connections) channel.ref(); }
    else if (this.waiting === 0) { for (const channel of this.connections) channel.unref(); }
  }

  private detach(channel: Channel, { holder, orderly }: Connection): void {
    if (this.connections.delete(channel)) this.service.gone(holder, orderly);
  }
}

/** One holder in another process or thread. */
class Connection {
  orderly = false;
  readonly holder: Holder;
  private readonly calls = new Map<number, Call>();

  constructor(private readonly host: Host, private readonly channel: Channel) {
    this.holder = { pid: 0, thread: "", local: false };
  }

  receive([id, method, ...args]: Request): void {
    switch (method) {
      case "hello":
        this.holder.pid = args[0] as number;
        this.holder.thread = args[1] as string;
        return;
      case "bye":
        this.orderly = true;
        return;
      case "attach":
        return this.host.attach(args[0] as Channel);
      case "cancel": {
        const call = this.calls.get(args[0] as number);
        if (call) this.host.service.cancel(call);
        return;
      }
      default:
        return this.host.service.call(this.begin(id, method, args));
    }
  }

  private begin(id: number, method: string, args: unknown[]): Call {
    const call = new RemoteCall(this, id, method, args);
    if (id !== 0) this.calls.set(id, call);
    return call;
  }

  /** @param message its first part is the number of the call; 0: nobody waits for the answer */
  answer(message: Answer): void {
    if (message[0] === 0) return;
    this.calls.delete(message[0]);
    this.channel.send(message);
  }
}

class RemoteCall implements Call {
  readonly holder: Holder;

  constructor(
    private readonly connection: Connection,
    private readonly id: number,
    readonly method: string,
    readonly args: readonly unknown[],
  ) {
    this.holder = connection.holder;
  }

  reply(value?: unknown): void {
    this.connection.answer([this.id, value]);
  }

  fail({ name, message }: Error): void {
    this.connection.answer([this.id, name, message]);
  }
}
