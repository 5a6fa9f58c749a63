import { valueInMessage } from "../process/arguments.ts";
import { thrownToCaller } from "../process/own_frames.ts";
import { dispose, type Payload, unwrap, wrap } from "../wire/payload.ts";
import { CLAIMS_BYTES, nextTurn, SharedMemory, turnIsDue } from "./claims.ts";
import { LocalPort } from "./local_port.ts";
import { type Port, portGiven } from "./port.ts";
import { RemotePort } from "./remote_port.ts";
import { QueueConsumer, QueueProducer } from "./queue_ends.ts";
import { QueueService } from "./queue_service.ts";
import { type Patience, patienceOf, registerShared, Shared } from "./shared.ts";

/**
 * A first-in, first-out queue of anything that can be sent. Nothing is lost when a process dies: what it has put is in
 * the queue, and what it has not received goes to another one, in its old place.
 */
export class Queue<T = unknown> extends Shared {
  protected readonly kind: string = QUEUE;
  /** In the process that holds the queue. */
  private readonly service: QueueService | undefined;
  private readonly producer: QueueProducer | undefined;
  private readonly consumer: QueueConsumer | undefined;
  private closed = false;

  /**
   * @param maxsize how many items it holds at most; 0 or less: as many as fit in memory
   * @throws RangeError if not a whole number
   */
  constructor(readonly maxsize = 0, port?: Port) {
    if (!Number.isInteger(maxsize) && maxsize !== Infinity) {
      throw new RangeError(`maxsize is a whole number, not ${valueInMessage(maxsize)}`);
    }
    const service = portGiven(port, "Queue") ? undefined : newService(maxsize);
    super(port ?? service!);
    this.service = service;
    if (!(this.port instanceof RemotePort)) return;
    this.consumer = new QueueConsumer(this.port);
    this.producer = new QueueProducer(this.port, maxsize > 0);
  }

  protected override get traits(): unknown {
    return this.maxsize;
  }

  /**
   * Puts an item in, as a copy made now. Without `maxsize` it never waits for the queue's process: it is done once the
   * item cannot be lost with this one.
   * @param patience options, or whether it may wait
   * @param timeout **milliseconds**, if `patience` is a boolean
   * @throws Full if the timeout expired, or the queue is full and `block` is false; TypeError for a number in place of
   *   `patience`; UnsendableError; OwnerDied
   */
  async put(item: T, patience?: Patience | boolean, timeout?: number): Promise<void> {
    const { block = true, timeout: ms } = patienceOf(patience, timeout, "put");
    this.check();
    const payload = wrap(item, "the item");
    const most = block ? ms : undefined;
    if (!this.producer) return void await this.port.call("put", [payload, block], most);
    const done = this.producer.put(payload, block, most);
    // It is under way; what was sent are copies of its descriptors.
    dispose(payload);
    return done;
  }

  /** @throws Full; UnsendableError; OwnerDied */
  putNowait(item: T): Promise<void> {
    return this.put(item, { block: false });
  }

  /**
   * Takes the first item out. Consumers are served in the order in which they ask.
   * @param patience options, or whether it may wait
   * @param timeout **milliseconds**, if the first argument is a boolean
   * @throws Empty if the timeout expired, or the queue is empty and `block` is false; TypeError for a number in place
   *   of
   *   `patience`; OwnerDied
   */
  async get(patience?: Patience | boolean, timeout?: number): Promise<T> {
    const { block = true, timeout: ms } = patienceOf(patience, timeout, "get");
    this.check();
    const most = block ? ms : undefined;
    if (this.consumer) return await thrownToCaller(this.consumer.get(block, most)) as T;
    if (this.port instanceof LocalPort) this.port.catchUp();
    const ready = this.service?.take();
    if (ready) {
      if (turnIsDue()) await nextTurn();
      return unwrap(ready as Payload) as T;
    }
    if (!block) await this.hearAll();
    const [payload] = await this.port.call("get", [block], most) as Payload[];
    return unwrap(payload) as T;
  }

  /** @throws Empty; OwnerDied */
  getNowait(): Promise<T> {
    return this.get({ block: false });
  }

  /** How many items nobody has received yet. */
  async qsize(): Promise<number> {
    await this.hearAll();
    return await this.port.call("size") as number;
  }

  /** Whether it is empty now. @throws OwnerDied */
  async empty(): Promise<boolean> {
    return await this.qsize() === 0;
  }

  /** Whether it is full now. @throws OwnerDied */
  async full(): Promise<boolean> {
    await this.hearAll();
    return await this.port.call("full") as boolean;
  }

  /** An item whose `put` is done may not have been read here: the answer for this moment would not include it. */
  private async hearAll(): Promise<void> {
    if (this.port instanceof LocalPort) await this.port.hearAll();
  }

  /** This process puts and gets no more; for the others the queue stays as it is. */
  override close(): void {
    if (this.closed) return;
    this.closed = true;
    super.close();
  }

  private check(): void {
    if (this.closed) throw new RangeError("Queue is closed");
  }
}

function newService(maxsize: number): QueueService {
  return new QueueService({
    maxsize,
    dispose: (payload) => dispose(payload as Payload | undefined),
    shareWords: () => {
      const sent = new SharedMemory(CLAIMS_BYTES);
      return { words: new Int32Array(sent.buffer), sent };
    },
  });
}

/** A queue that knows when everything put into it is done. */
export class JoinableQueue<T = unknown> extends Queue<T> {
  protected override readonly kind = JOINABLE;

  /** Reports that an item taken out is done. @throws RangeError if more are done than were put in; OwnerDied */
  async taskDone(): Promise<void> {
    await this.port.call("taskDone");
  }

  /** Waits until every item ever put in is done. @throws OwnerDied */
  async join(): Promise<void> {
    await this.port.call("join");
  }
}

/** An unbounded queue with the few methods that Python's has. */
export class SimpleQueue<T = unknown> extends Queue<T> {
  protected override readonly kind = SIMPLE;

  constructor(port?: Port) {
    super(0, portGiven(port, "SimpleQueue"));
  }
}

const QUEUE = registerShared("Queue", (port, maxsize) => new Queue(maxsize as number, port));
const JOINABLE = registerShared(
  "JoinableQueue",
  (port, maxsize) => new JoinableQueue(maxsize as number, port),
);
const SIMPLE = registerShared("SimpleQueue", (port) => new SimpleQueue(port));
