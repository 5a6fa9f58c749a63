/**
 * What an object that several processes share is made of: a service, which lives in the process that made the object,
 * knows its whole state and answers calls one after the other. Services are pure state machines: no time, no sockets.
 */
export interface Service {
  /** Answers now, or keeps the call and answers it later. */
  call(call: Call): void;
  /** The caller's time is up. A call that still waits is answered now; one that was answered is left alone. */
  cancel(call: Call): void;
  /**
   * A holder is gone: nothing that waits is for it any more, and what it held is free.
   * @param orderly it ended of its own accord and without an error
   */
  gone(holder: Holder, orderly: boolean): void;
  /** Whether somebody waits for what others post. Left out where nothing is posted. */
  readonly wantsPosts?: boolean;
}

/** One process, or one thread of it, that uses the object through one connection. */
export interface Holder {
  /** 0 until it has said. */
  pid: number;
  /** The same for all connections of one thread, and for those only. */
  thread: string;
  /** Lives in the process of the service. */
  readonly local: boolean;
}

/** A request. It is answered exactly once; whether anybody still hears the answer is not the service's business. */
export interface Call {
  readonly holder: Holder;
  readonly method: string;
  readonly args: readonly unknown[];
  reply(value?: unknown): void;
  fail(error: Error): void;
}

/** For methods that the service does not have: somebody has another version of imp. */
export function failUnknown(call: Call): void {
  call.fail(new TypeError(`there is no method ${call.method}`));
}

/** Takes the element out. @returns whether it was there */
export function remove<T>(list: T[], element: T): boolean {
  const at = list.indexOf(element);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
