import { type Call, failUnknown, type Service } from "./service.ts";

/** An encoded value: the service never looks into it. */
type Payload = unknown;

/** For services that answer each call at once. */
abstract class Immediate implements Service {
  protected abstract readonly methods: Readonly<Record<string, (...args: never[]) => unknown>>;

  /** @param dispose is called with each payload no longer kept */
  constructor(protected readonly dispose: (payload: Payload) => void) {}

  call(call: Call): void {
    const method = Object.hasOwn(this.methods, call.method) && this.methods[call.method];
    if (!method) return failUnknown(call);
    try {
      const result = method(...call.args as never[]);
      call.reply(result);
      // Another process has received a copy; here the payload itself is handed over.
      if (call.method === "pop" && !call.holder.local) [result].flat().forEach(this.dispose);
    } catch (error) {
      call.fail(error as Error);
    }
  }

  cancel(): void {}

  gone(): void {}
}

/** Values by key, in the order in which the keys were first set. */
export class DictService extends Immediate {
  private readonly values = new Map<unknown, Payload>();

  protected readonly methods = {
    set: (key: unknown, value: Payload) => {
      this.forget(key, false);
      this.values.set(key, value);
    },
    get: (key: unknown) => this.values.has(key) ? [this.values.get(key)] : [],
    setDefault: (key: unknown, value: Payload) => {
      if (this.values.has(key)) this.dispose(value);
      else this.values.set(key, value);
      return [this.values.get(key)];
    },
    has: (key: unknown) => this.values.has(key),
    delete: (key: unknown) => this.forget(key, true),
    pop: (key: unknown) => {
      const found = this.methods.get(key);
      this.values.delete(key);
      return found;
    },
    size: () => this.values.size,
    keys: () => [...this.values.keys()],
    items: () => [...this.values],
    clear: () => {
      for (const key of this.values.keys()) this.forget(key, true);
    },
  };

  private forget(key: unknown, remove: boolean): boolean {
    if (!this.values.has(key)) return false;
    this.dispose(this.values.get(key));
    if (remove) this.values.delete(key);
    return true;
  }
}

/** Values by position; negative positions count from the end. */
export class ListService extends Immediate {
  private readonly values: Payload[] = [];

  protected readonly methods = {
    push: (...values: Payload[]) => this.values.push(...values),
    insert: (index: number, value: Payload) => {
      if (!Number.isInteger(index)) this.at(index);
      this.values.splice(index, 0, value);
    },
    get: (index: number) => this.values[this.at(index)],
    set: (index: number, value: Payload) => {
      const at = this.at(index);
      this.dispose(this.values[at]);
      this.values[at] = value;
    },
    pop: (index: number) => {
      if (this.values.length === 0) throw new RangeError("pop from empty list");
      return this.values.splice(this.at(index, "pop index out of range"), 1)[0];
    },
    size: () => this.values.length,
    slice: (from?: number, to?: number) => this.values.slice(from, to),
    reverse: () => void this.values.reverse(),
    clear: () => this.values.splice(0).forEach((value) => this.dispose(value)),
  };

  private at(index: number, why = "list index out of range"): number {
    if (!Number.isInteger(index)) {
      throw new TypeError(`a list index is a whole number, not ${JSON.stringify(index)}`);
    }
    const at = index < 0 ? index + this.values.length : index;
    if (at >= 0 && at < this.values.length) return at;
    throw new RangeError(why);
  }
}
