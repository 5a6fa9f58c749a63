import { DictService, ListService } from "./container_service.ts";
import { dispose, type Payload, unwrap, unwrapCopy, wrapKept } from "../wire/payload.ts";
import { isIterable, misused, valueInMessage } from "../process/arguments.ts";
import { type Port, portGiven } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";

const discard = (payload: unknown) => dispose(payload as Payload);

/**
 * A Map that lives in one process, usually a manager's. Values are copied in and out: to change one, get it, change it,
 * and set it again. Keys are compared as in a Map: use strings and numbers. Its methods throw OwnerDied.
 */
export class SharedDict<K = string, V = unknown> extends Shared {
  protected readonly kind: string = DICT;

  constructor(port?: Port) {
    super(portGiven(port, "SharedDict") ?? new DictService(discard));
    return withoutProperties(this);
  }

  /** @throws UnsendableError */
  async set(key: K, value: V): Promise<void> {
    await this.send("set", key, value);
  }

  /** @param fallback returned if there is none */
  async get<D = undefined>(key: K, fallback?: D): Promise<V | D> {
    const [payload] = await this.port.call("get", [key]) as Payload[];
    return payload ? this.value(payload) : fallback as D;
  }

  /** The value of the key, which is set to `value` if there is none: atomically, even if others do the same. */
  async setDefault(key: K, value: V): Promise<V> {
    const [payload] = await this.send("setDefault", key, value) as Payload[];
    return this.value(payload);
  }

  /** Whether there is a value for that key. */
  async has(key: K): Promise<boolean> {
    return await this.port.call("has", [key]) as boolean;
  }

  /** @returns whether it was there */
  async delete(key: K): Promise<boolean> {
    return await this.port.call("delete", [key]) as boolean;
  }

  /** Removes and returns the value atomically. @param fallback returned if there is none */
  async pop<D = undefined>(key: K, fallback?: D): Promise<V | D> {
    const [payload] = await this.port.call("pop", [key]) as Payload[];
    return payload ? unwrap(payload) as V : fallback as D;
  }

  /** How many keys there are. */
  async size(): Promise<number> {
    return await this.port.call("size") as number;
  }

  /** The keys, in the order in which they were first set. */
  async keys(): Promise<K[]> {
    return await this.port.call("keys") as K[];
  }

  /** Copies of the values, in the same order. */
  async values(): Promise<V[]> {
    return (await this.items()).map(([, value]) => value);
  }

  /** The keys with copies of their values. */
  async items(): Promise<[K, V][]> {
    const items = await this.port.call("items") as [K, Payload][];
    return items.map(([key, value]) => [key, this.value(value)]);
  }

  /** Sets all of them, one after another. @param entries pairs, or the properties of an object */
  async update(entries: Entries<K, V>): Promise<void> {
    await Promise.all(pairsOf(entries).map(([key, value]) => this.set(key, value)));
  }

  /** Removes all of them. */
  async clear(): Promise<void> {
    await this.port.call("clear");
  }

  private value(payload: Payload): V {
    return valueOf(this.port, payload) as V;
  }

  private async send(method: string, key: K, value: V): Promise<unknown> {
    const payload = wrapKept(value, "the value");
    const answer = this.port.call(method, [key, payload]);
    if (!this.port.local) dispose(payload);
    return await answer;
  }
}

/** The initial entries of a dict. */
export type Entries<K, V> =
  | Iterable<readonly [K, V]>
  | (K extends string ? Readonly<Record<string, V>> : never);

function pairsOf<K, V>(entries: Entries<K, V>): (readonly [K, V])[] {
  if (isIterable(entries)) return [...entries as Iterable<readonly [K, V]>];
  if (typeof entries === "object" && entries !== null) {
    return Object.entries(entries) as unknown as [K, V][];
  }
  throw misused(`a dict is made of pairs, or of an object, not ${valueInMessage(entries)}`);
}

/** Values by name. */
export class Namespace extends SharedDict<string, unknown> {
  protected override readonly kind = NAMESPACE;

  /** All of it as one object. */
  async toObject(): Promise<Record<string, unknown>> {
    return Object.fromEntries(await this.items());
  }
}

/** A list that lives in one process; otherwise like {@link SharedDict}. Negative positions count from the end. */
export class SharedList<T = unknown> extends Shared {
  protected readonly kind = LIST;

  constructor(port?: Port) {
    super(portGiven(port, "SharedList") ?? new ListService(discard));
    return withoutProperties(this);
  }

  /** Adds a value at the end. @throws UnsendableError */
  async append(value: T): Promise<void> {
    await this.send("push", [], [value]);
  }

  /** Adds values at the end, atomically. @throws UnsendableError */
  async extend(values: Iterable<T>): Promise<void> {
    if (!isIterable(values)) {
      throw misused(`a list is made of values, not ${valueInMessage(values)}`);
    }
    await this.send("push", [], [...values]);
  }

  /** Inserts before the element at `index`. */
  async insert(index: number, value: T): Promise<void> {
    await this.send("insert", [index], [value]);
  }

  /** @throws RangeError "list index out of range" */
  async get(index: number): Promise<T> {
    return this.value(await this.port.call("get", [index]) as Payload);
  }

  /** @throws RangeError "list index out of range" */
  async set(index: number, value: T): Promise<void> {
    await this.send("set", [index], [value]);
  }

  /** Removes and returns an element, by default the last one. @throws RangeError "pop from empty list" */
  async pop(index = -1): Promise<T> {
    return unwrap(await this.port.call("pop", [index]) as Payload) as T;
  }

  /** How many elements there are. */
  async length(): Promise<number> {
    return await this.port.call("size") as number;
  }

  /** A part of it, or all, as an array. */
  async slice(from?: number, to?: number): Promise<T[]> {
    const values = await this.port.call("slice", [from, to]) as Payload[];
    return values.map((value) => this.value(value));
  }

  /** Reverses the order. */
  async reverse(): Promise<void> {
    await this.port.call("reverse");
  }

  /** Removes all of them. */
  async clear(): Promise<void> {
    await this.port.call("clear");
  }

  private value(payload: Payload): T {
    return valueOf(this.port, payload) as T;
  }

  private async send(method: string, args: readonly unknown[], values: T[]): Promise<void> {
    const payloads = values.map((value) => wrapKept(value, "the value"));
    const answer = this.port.call(method, [...args, ...payloads]);
    if (!this.port.local) payloads.forEach(dispose);
    await answer;
  }
}

/** A value set as a property, as in Python, would silently stay in this process. */
function withoutProperties<S extends object>(shared: S): S {
  return new Proxy(shared, {
    set(target, name, value) {
      if (Object.hasOwn(target, name)) return Reflect.set(target, name, value);
      throw misused(`nobody else would see it: write await ….set(${shownKey(name)}, …)`);
    },
  });
}

function shownKey(name: string | symbol): string {
  return typeof name === "string" && /^(?:0|[1-9]\d*)$/.test(name) ? name : JSON.stringify(name);
}

/** In the process that holds it, the payload stays in the container. */
function valueOf(port: Port, payload: Payload): unknown {
  return port.local ? unwrapCopy(payload) : unwrap(payload);
}

const DICT = registerShared("dict", (port) => new SharedDict(port));
const NAMESPACE = registerShared("Namespace", (port) => new Namespace(port));
const LIST = registerShared("list", (port) => new SharedList(port));
