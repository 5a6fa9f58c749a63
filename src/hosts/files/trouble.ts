import { ImpError } from "../../base/errors.ts";
import { ProtocolError } from "../frames.ts";

/** Why something of a job's files went wrong, in a form that travels. */
export interface Trouble {
  readonly errno: string;
  /** A whole sentence without its full stop. */
  readonly text: string;
}

/** @throws what is no foreseen error */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ImpError)) throw error;
  return { errno: error.errno ?? "EIO", text: error.message };
}

/** The error of a peer that says what it may not say now. */
export function unexpected(what: string): ProtocolError {
  return new ProtocolError(`a message about files came out of turn: ${what}`);
}
