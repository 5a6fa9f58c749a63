import { takesNoMore } from "../process/arguments.ts";
import type { Channel } from "../wire/channel.ts";
import type { Door } from "../wire/door.ts";

/** The path from an object in a program to the service behind it, wherever that lives. */
export abstract class Port {
  /** The process of the service. */
  abstract readonly owner: number;
  abstract readonly local: boolean;
  /**
   * Calls a method and waits for its answer.
   * @param timeout ms after which the call is cancelled; the service still says how it ended
   * @throws what the method throws; OwnerDied; TypeError at once for an invalid time
   */
  abstract call(method: string, args?: readonly unknown[], timeout?: number): Promise<unknown>;
  /** Calls a method that does not answer. Done once this process may die without losing the call. @throws OwnerDied */
  abstract post(method: string, payload: unknown): Promise<void>;
  /** An end for one more holder, to be sent to it. */
  abstract share(): Channel;
  /** The way for any number of holders: each takes a copy of it. */
  abstract door(): Door;
  /** Gives up this holder: what it holds is released, its calls fail. @param what messages call the object */
  abstract close(what: string): void;
}

/**
 * For a constructor's parameter that only the library itself passes.
 * @throws TypeError if a user has passed something
 */
export function portGiven(port: Port | undefined, call: string): Port | undefined {
  if (port !== undefined && !(port instanceof Port)) takesNoMore([port], call);
  return port;
}

/** Why a call fails after `close`. @param what messages call the object */
export function closedHere(what: string): string {
  return `this process has closed the ${what}`;
}
