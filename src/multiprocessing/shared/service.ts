import { nameError } from "../process/own_frames.ts";

/**
 * The core of an object shared by several processes: a service, which lives in the process that made the object, knows
 * its whole state and answers calls one after another. Services are pure state machines: no time, no sockets.
 */
export interface Service {
  /** Answers now, or keeps the call and answers it later. */
  call(call: Call): void;
  /** The caller's timeout has expired. A call that still waits is answered now; an answered one is left alone. */
  cancel(call: Call): void;
  /**
   * A holder is gone: nothing waits for it any more, and what it held is free.
   * @param orderly it ended by itself and without an error
   */
  gone(holder: Holder, orderly: boolean): void;
  /** Whether somebody waits for what others post. Omitted if nothing is posted. */
  readonly wantsPosts?: boolean;
}

/** One process, or one thread of it, that uses the object through one connection. */
export interface Holder {
  /** 0 until it has told us. */
  pid: number;
  /** The same for all connections of one thread, and for those only. */
  thread: string;
  /** Lives in the process of the service. */
  readonly local: boolean;
}

/** A request. It is answered exactly once; whether anybody still receives the answer does not concern the service. */
export interface Call {
  readonly holder: Holder;
  readonly method: string;
  readonly args: readonly unknown[];
  reply(value?: unknown): void;
  fail(error: Error): void;
}

/** For methods that the service does not have: another version of imp calls. */
export function failUnknown(call: Call): void {
  call.fail(new TypeError(`there is no method ${call.method}`));
}

/** Removes the element. @returns whether it was there */
export function remove<T>(list: T[], element: T): boolean {
  const at = list.indexOf(element);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** The queue is empty, and nothing came in time. */
export class Empty extends Error {
  constructor(message = "the queue is empty") {
    super(message);
    nameError(this, "Empty");
  }
}

/** The queue is full, and nobody took anything in time. */
export class Full extends Error {
  constructor(message = "the queue is full") {
    super(message);
    nameError(this, "Full");
  }
}

/** Somebody timed out at the barrier, it was aborted or reset, or a process that waited there has died. */
export class BrokenBarrierError extends Error {
  constructor(message = "the barrier is broken") {
    super(message);
    nameError(this, "BrokenBarrierError");
  }
}

/** The process in which the object lived is gone, and the object with it. */
export class OwnerDied extends Error {
  constructor(message: string) {
    super(message);
    nameError(this, "OwnerDied");
  }
}

/** The other end of a pipe is closed, and everything that was sent has been received. */
export class EndOfPipe extends Error {
  constructor(message = "the other end of the pipe is closed") {
    super(message);
    nameError(this, "EndOfPipe");
  }
}

const CLASSES: Record<string, new (message: string) => Error> = {
  Empty,
  Full,
  BrokenBarrierError,
  OwnerDied,
};
const OF_LANGUAGE: typeof CLASSES = { RangeError, TypeError };

/** The error with which the owner of an object answered, with the caller's own stack. */
export function revive(name: string, message: string): Error {
  const own = CLASSES[name];
  if (own) return new own(message);
  const error = new (OF_LANGUAGE[name] ?? Error)(message);
  nameError(error, name);
  return error;
}
