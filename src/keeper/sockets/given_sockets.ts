/** Sockets for waiters, shared with the caller. */
export interface GivenSockets {
  readonly held: readonly number[];
  /** What is watched for them. */
  readonly watched: readonly number[];
}

export const NO_SOCKETS: GivenSockets = { held: [], watched: [] };
