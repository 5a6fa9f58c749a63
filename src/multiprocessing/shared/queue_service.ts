import { ItemClaims } from "./claims.ts";
import { Deque } from "../../base/deque.ts";
import { QueueRooms } from "./queue_rooms.ts";
import {
  type Call,
  Empty,
  failUnknown,
  Full,
  type Holder,
  remove,
  type Service,
} from "./service.ts";

/** An encoded value, passed on unchanged: the service never looks into it. */
export type QueuePayload = unknown;

/** What is outside of the state: memory and descriptors. */
export interface QueueRules {
  /** Unbounded if 0 or less. */
  readonly maxsize: number;
  /** Called with what nobody needs any more, or with nothing. */
  dispose(payload: QueuePayload): void;
  /** Memory for {@link ItemClaims}, and what it is sent as. */
  shareWords(): { words: Int32Array; sent: unknown };
}

/** How many items at most a consumer is sent beyond the one it asked for. */
export const MOST_AHEAD = 63;

interface Getter {
  readonly call: Call;
  readonly wait: boolean;
}

/** What one consumer has been sent. */
interface Lease {
  readonly claims: ItemClaims;
  /** What the memory is sent as, the first time. */
  memory: unknown;
  /** Sent by the last answer; the first of them was asked for. */
  items: QueuePayload[];
  /** How many it gets ahead: more while it takes them all, none once others wanted them. */
  ahead: number;
}

/**
 * A queue. Items are handed out in order, to consumers in the order in which they ask. A consumer that asks repeatedly
 * is sent some items ahead, which are taken back as soon as somebody else asks. What a consumer that dies has not taken
 * is put back in front. A consumer asks again only when it has nothing left to take.
 */
export class QueueService implements Service {
  private readonly items = new Deque<QueuePayload>();
  private readonly getters: Getter[] = [];
  private readonly putters: { call: Call; payload: QueuePayload }[] = [];
  private readonly leases = new Map<Holder, Lease>();
  private readonly joiners: Call[] = [];
  private readonly rooms: QueueRooms;
  private unfinished = 0;

  constructor(private readonly rules: QueueRules) {
    this.rooms = new QueueRooms(() => rules.shareWords());
  }

  call(call: Call): void {
    const { args } = call;
    switch (call.method) {
      case "put":
        return this.put(call, args[0], args[1] !== false);
      case "promised":
        this.rooms.arrive(call.holder);
        this.accept(args[0]);
        return this.serve();
      case "get":
        return this.get({ call, wait: args[0] !== false });
      case "taken":
        this.release(this.leases.get(call.holder));
        return this.serve();
      case "size":
        return call.reply(this.size);
      case "full":
        return call.reply(this.rules.maxsize > 0 && this.size >= this.rules.maxsize);
      case "taskDone":
        return this.taskDone(call);
      case "join":
        if (this.unfinished === 0) call.reply();
        else this.joiners.push(call);
        return;
      default:
        return failUnknown(call);
    }
  }

  /** For the process of the queue itself: the first item, if there is one and nobody waits for it. */
  take(): QueuePayload | undefined {
    if (this.getters.length > 0) return undefined;
    this.recallFromOthers();
    const item = this.items.shift();
    if (item !== undefined && this.putters.length > 0) this.serve();
    return item;
  }

  cancel(call: Call): void {
    const getter = this.getters.find((one) => one.call === call);
    if (getter && remove(this.getters, getter)) return call.fail(new Empty());
    const putter = this.putters.find((one) => one.call === call);
    if (!putter || !remove(this.putters, putter)) return;
    this.rules.dispose(putter.payload);
    call.fail(new Full());
  }

  gone(holder: Holder): void {
    for (const getter of this.getters.filter(({ call }) => call.holder === holder)) {
      remove(this.getters, getter);
    }
    for (const putter of this.putters.filter(({ call }) => call.holder === holder)) {
      remove(this.putters, putter);
      this.rules.dispose(putter.payload);
    }
    for (const call of this.joiners.filter((call) => call.holder === holder)) {
      remove(this.joiners, call);
    }
    this.rooms.gone(holder);
    const lease = this.leases.get(holder);
    this.leases.delete(holder);
    if (lease) this.takeBack(lease, 0);
    this.serve();
  }

  /** Whether a consumer waits for items. */
  get wantsPosts(): boolean {
    return this.getters.length > 0;
  }

  /** Items that nobody has received or asked for. */
  private get size(): number {
    let size = this.items.size;
    for (const { items, claims } of this.leases.values()) {
      if (items.length > 0) size += items.length - Math.max(1, claims.taken);
    }
    return size;
  }

  /** How many more items there may be: promised places are taken. */
  private get free(): number {
    return this.rules.maxsize > 0 ? this.rules.maxsize - this.size - this.rooms.promised : Infinity;
  }

  private put(call: Call, payload: QueuePayload, wait: boolean): void {
    if (this.free <= 0) this.rooms.recall();
    if (this.free > 0) {
      this.admit(call, payload);
      this.serve();
    } else if (wait) {
      this.putters.push({ call, payload });
      this.serve();
    } else {
      this.rules.dispose(payload);
      call.fail(new Full());
    }
  }

  private admit(call: Call, payload: QueuePayload): void {
    this.accept(payload);
    const bounded = this.rules.maxsize > 0 && this.putters.length === 0;
    call.reply(bounded ? this.rooms.promise(call.holder, this.free) : undefined);
  }

  private accept(payload: QueuePayload): void {
    this.items.push(payload);
    this.unfinished++;
  }

  private get(getter: Getter): void {
    this.getters.push(getter);
    this.serve();
  }

  /** Brings items and consumers together, as long as there are both; then admits producers. */
  private serve(): void {
    for (;;) {
      while (this.getters.length > 0) {
        const { call } = this.getters[0];
        this.recallFromOthers(call.holder);
        if (this.items.size === 0) break;
        this.getters.shift();
        this.handOut(call);
      }
      if (this.putters.length === 0 || !this.makeRoom()) break;
      const { call, payload } = this.putters.shift()!;
      this.admit(call, payload);
    }
    if (this.items.size > 0) return;
    for (const getter of this.getters.filter(({ wait }) => !wait)) {
      remove(this.getters, getter);
      getter.call.fail(new Empty());
    }
  }

  /** @returns whether there is room; if not, consumers report when they take something */
  private makeRoom(): boolean {
    if (this.free > 0) return true;
    this.rooms.recall();
    if (this.free > 0) return true;
    for (const { claims } of this.leases.values()) claims.wishToHear();
    return this.free > 0;
  }

  /** Items sent ahead to others come before everything that is still here. */
  private recallFromOthers(holder?: Holder): void {
    for (const [other, lease] of this.leases) {
      if (other === holder || lease.items.length === 0) continue;
      if (this.takeBack(lease, 1)) lease.ahead = 0;
    }
  }

  private handOut(call: Call): void {
    if (call.holder.local) return call.reply([this.items.shift()]);
    try {
      this.send(call, this.leases.get(call.holder) ?? this.newLease(call.holder));
    } catch (error) {
      call.fail(error as Error);
    }
  }

  private send(call: Call, lease: Lease): void {
    // It has asked: everything before was taken, or taken back.
    const all = lease.items.length > 0 && lease.claims.taken === lease.items.length;
    if (all) lease.ahead = Math.min(MOST_AHEAD, 2 * lease.ahead + 1);
    lease.items.splice(0).forEach(this.rules.dispose);
    const ahead = this.getters.length === 0 ? lease.ahead : 0;
    while (lease.items.length <= ahead && this.items.size > 0) {
      lease.items.push(this.items.shift());
    }
    lease.claims.grant(lease.items.length);
    const { memory } = lease;
    lease.memory = undefined;
    call.reply(memory === undefined ? lease.items : [memory, ...lease.items]);
  }

  private newLease(holder: Holder): Lease {
    const { words, sent } = this.rules.shareWords();
    const lease = { claims: new ItemClaims(words), memory: sent, items: [], ahead: 0 };
    this.leases.set(holder, lease);
    return lease;
  }

  /** Taken items are not kept until the consumer asks again. */
  private release(lease: Lease | undefined): void {
    if (!lease) return;
    for (let i = 0; i < lease.claims.taken; i++) {
      this.rules.dispose(lease.items[i]);
      lease.items[i] = undefined;
    }
  }

  /** @returns whether there was anything to take back */
  private takeBack({ claims, items }: Lease, keep: number): boolean {
    const back = items.splice(claims.recall(keep));
    for (let i = back.length - 1; i >= 0; i--) this.items.unshift(back[i]);
    return back.length > 0;
  }

  private taskDone(call: Call): void {
    if (this.unfinished <= 0) {
      return call.fail(new RangeError("task_done() called too many times"));
    }
    call.reply();
    if (--this.unfinished > 0) return;
    this.joiners.splice(0).forEach((joiner) => joiner.reply());
  }
}
