/** Exit statuses of imp; docs/exit-codes.md. */
export const EXIT = {
  done: 0,
  /** The answer is no, or something asked for failed. */
  no: 1,
  usage: 2,
  notRunning: 3,
  unknown: 4,
  timedOut: 124,
  /** imp itself failed. */
  failed: 125,
  cannotExecute: 126,
  notFound: 127,
} as const;
