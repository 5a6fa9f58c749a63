import { ImpError } from "../../base/errors.ts";
import { ProtocolError } from "../frames.ts";

/** What went wrong with a job's files, in a form that can be sent. */
export interface Trouble {
  readonly errno: string;
  /** A whole sentence without its full stop. */
  readonly text: string;
}

/** @throws unexpected errors */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ImpError)) throw error;
  return { errno: error.errno ?? "EIO", text: error.message };
}

/** The error for a message that the peer may not send now. */
export function unexpected(what: string): ProtocolError {
  return new ProtocolError(`a message about files came out of turn: ${what}`);
}
