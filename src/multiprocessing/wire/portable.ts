import { nameError } from "../process/own_frames.ts";

/**
 * Objects shared by several processes (queues, locks, shared memory) define here how they travel: as data and
 * descriptors. The symbol is global, so that a copy of imp that was loaded twice still knows its own objects.
 */
export const pack: unique symbol = Symbol.for("imp.pack") as never;

/** The form in which a portable object is sent. */
export interface Packed {
  /** The name under which its class is registered. */
  kind: string;
  /** Anything that can itself be sent. */
  data: unknown;
  /** Descriptors that go along; the sender of the message closes them once they are sent. */
  fds: number[];
}

export interface Portable {
  /** @param kept the receiver keeps it: any number of processes may get a copy, with copies of the descriptors */
  [pack](kept: boolean): Packed;
}

/** Makes the object in the process that received it; the descriptors now belong to it. */
export type Unpack = (data: unknown, fds: number[]) => unknown;

const kinds = new Map<string, Unpack>();

/** Registers how objects of `kind` are made from what {@link Portable} packed. */
export function registerPortable(kind: string, unpack: Unpack): void {
  kinds.set(kind, unpack);
}

/** How objects of `kind` are made, if that kind is known here. */
export function unpackerOf(kind: string): Unpack | undefined {
  return kinds.get(kind);
}

// deno-lint-ignore no-explicit-any
type ErrorClass = abstract new (...args: any[]) => Error;

const errors = new Map<string, ErrorClass>();

/** Errors of this class are of it in other processes, too, known by their name; all others become those of the language. */
export function registerError(name: string, errorClass: ErrorClass): void {
  errors.set(name, errorClass);
}

export function errorOfName(name: string): ErrorClass | undefined {
  return errors.get(name);
}

/** The time that the caller gave was up; what was waited for goes on. */
export class TimeoutError extends Error {
  constructor(message: string) {
    super(message);
    nameError(this, "TimeoutError");
  }
}

registerError("TimeoutError", TimeoutError);
