const EVERY = 256;

const { setImmediate } = globalThis as unknown as { setImmediate(work: () => void): void };

let calls = 0;

/**
 * Whether the event loop should get a turn before this call is over. Calls that are answered at once would otherwise, in a
 * loop, keep everything else waiting: what other processes ask for, timers, the news that somebody has died.
 */
export function turnIsDue(): boolean {
  return ++calls % EVERY === 0;
}

/** Lets the event loop do what has come up. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
