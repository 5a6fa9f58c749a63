import { after } from "../process/after.ts";
import { checkTimeout, isIterable, misused, valueInMessage } from "../process/arguments.ts";
import type { Watched } from "../process/children.ts";
import { Process, watchProcess } from "../process/process.ts";
import { Connection, watchConnection } from "./pipe.ts";

/** What {@link wait} waits for: a connection until it can receive, a process until it has ended. */
export type Waitable = Connection<never> | Connection | Process;

/**
 * Waits until at least one of several connections or processes is ready, as Python's `multiprocessing.connection.wait`:
 * a connection when `recv` would return or throw EndOfPipe at once, a process when it has ended.
 *
 * @param timeout milliseconds; 0 does not wait; by default, as long as it takes
 * @returns those that are ready, in the given order; none if the timeout expired, or none was given
 * @throws TypeError for anything else; Error for a process that has not been started
 */
export async function wait<T extends Waitable>(
  objects: Iterable<T>,
  timeout?: number,
): Promise<T[]> {
  checkTimeout(timeout);
  if (!isIterable(objects)) {
    throw misused(`wait takes a list to wait for, not ${valueInMessage(objects)}`);
  }
  const all = Array.from(objects, (object) => ({ object, watched: watchedOf(object) }));
  const ready = () => all.filter(({ watched }) => watched.ready()).map(({ object }) => object);
  const now = ready();
  if (now.length > 0 || all.length === 0) return now;
  await new Promise<void>((resolve) => {
    const watches: (() => void)[] = [];
    const done = () => {
      clearTimeout(timer);
      for (const forget of watches.splice(0)) forget();
      resolve();
    };
    // What has already arrived is delivered in the next turns of the event loop.
    const timer = after(timeout, done);
    for (const { watched } of all) watches.push(watched.watch(done));
  });
  return ready();
}

function watchedOf(object: unknown): Watched {
  if (object instanceof Connection) return watchConnection(object);
  if (object instanceof Process) return watchProcess(object);
  const hint = typeof object === "number" ? "; in place of a sentinel write the process" : "";
  throw misused(
    `wait takes connections and processes, not ${valueInMessage(object)}${hint}`,
  );
}
