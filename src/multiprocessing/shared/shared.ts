import type { Channel } from "../wire/channel.ts";
import { Door } from "../wire/door.ts";
import { checkOptions, checkTimeout, misused, takesNoMore } from "../process/arguments.ts";
import { Host } from "./host.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";
import { LocalPort } from "./local_port.ts";
import { Port } from "./port.ts";
import { RemotePort } from "./remote_port.ts";
import type { Service } from "./service.ts";
import { shownAs } from "../process/one_line.ts";
import { stateLine } from "./state_line.ts";

/** How long a call may take, and whether it may wait at all. */
export interface Patience {
  /** False: do not wait. */
  block?: boolean;
  /** ms; by default unlimited. The caller measures it; the process that holds the object decides. */
  timeout?: number;
}

const PATIENCE = { block: "boolean", timeout: "any" } as const;
const PATIENT: Patience = {};

/**
 * The arguments of a call that may wait: options, or Python's `block` and `timeout`.
 * @throws TypeError for a number in place of `block`, which Python takes for true, and waits for ever
 */
export function patienceOf(given: unknown, timeout: unknown, call: string): Patience {
  if (given === undefined && timeout === undefined) return PATIENT;
  if (typeof given === "number") {
    const why = `block is true or false; for a timeout in milliseconds write { timeout: ${given} }`;
    throw misused(`${call}: ${why}`);
  }
  const patience = typeof given === "boolean" || given === undefined
    ? { block: given, timeout: timeout as number | undefined }
    : given as Patience;
  checkOptions(patience, PATIENCE, call);
  checkTimeout(patience.timeout);
  if (patience !== given) return patience;
  if (timeout !== undefined) takesNoMore([timeout], `${call} with options`);
  return patience;
}

/** The kind that a shared object is sent as. */
interface Sent {
  readonly way: Channel | Door;
  readonly owner: number;
  readonly traits: unknown;
}

/** An object dropped without being closed has nothing more to ask: its connection is closed too. */
const dropped = new FinalizationRegistry<RemotePort>((port) => port.closeWhenIdle());

/**
 * An object that lives in the process which made it, and can be sent to others: as an argument, through queues and
 * pipes, also by those who only received it. All of them use the one object.
 */
export abstract class Shared implements Portable {
  /** The kind it is registered as. */
  protected abstract readonly kind: string;
  protected readonly port: Port;

  /** @param origin the service behind a new object, or the path to that of an existing one */
  constructor(origin: Service | Port) {
    this.port = origin instanceof Port ? origin : new LocalPort(new Host(origin));
    if (this.port instanceof RemotePort) dropped.register(this, this.port);
  }

  /** PID of the process that holds the object. */
  get owner(): number {
    return this.port.owner;
  }

  /**
   * This process gives it up: what it held is released, and calls that wait fail. For the others it stays as it is.
   * Objects that nothing refers to any more are closed sooner or later.
   */
  close(): void {
    this.port.close(this.kind);
  }

  /** What another process has to know about it. */
  protected get traits(): unknown {
    return undefined;
  }

  /** What console.log shows. */
  [shownAs](): string {
    return stateLine(this.kind, this.port);
  }

  [pack](kept: boolean): Packed {
    const sent: Sent = {
      way: kept ? this.port.door() : this.port.share(),
      owner: this.port.owner,
      traits: this.traits,
    };
    return { kind: this.kind, data: sent, fds: [] };
  }
}

/** Registers how a kind of object is made where it is received. */
export function registerShared(
  kind: string,
  make: (port: Port, traits: unknown) => Shared,
): string {
  registerPortable(kind, (data) => {
    const { way, owner, traits } = data as Sent;
    const channel = way instanceof Door ? way.enter() : way;
    return make(new RemotePort(channel, owner, kind), traits);
  });
  return kind;
}
