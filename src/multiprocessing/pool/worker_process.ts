import { runtime } from "../../runtime/mod.ts";
import { Channel } from "../wire/channel.ts";
import type { StartedWorker, WorkerEvents } from "./worker_set.ts";
import type { WorkerMessage } from "./worker.ts";
import { GRACE_MS } from "../process/end_daemonic.ts";
import { endWithTree, Process } from "../process/process.ts";

/**
 * How long a worker may take to end once told to, or after closing its channel: it ends what its tasks have started.
 */
const LEAVE_MS = 2 * GRACE_MS;

let started = 0;

/** Starts a worker as a daemonic process. @throws ImpError (EAGAIN, EMFILE, ENOMEM) */
export function startWorker(events: WorkerEvents): StartedWorker {
  const { mine, theirs } = Channel.pair();
  const line = Channel.open(theirs);
  const process = new Process({
    target: { module: workerModule(), export: "work" },
    args: [line],
    name: `PoolWorker-${++started}`,
    daemon: true,
  });
  try {
    process.start();
  } catch (error) {
    line.close();
    mine.close();
    throw error;
  }
  let clearing: Promise<void> | undefined;
  const end = () => clearing ??= endWithTree(process);
  const ended = once(async () => {
    if (!clearing && !await process.join(LEAVE_MS)) end();
    await process.join();
    const leftNothing = events.leftNothing();
    events.ended(process.exitcode ?? 0);
    if (!leftNothing) await end();
    process.close();
    events.cleared();
  });
  mine.listen({
    message: (message) => events.message(message as WorkerMessage),
    failed: events.unreadable,
    closed: ended,
  });
  return {
    pid: process.pid!,
    send: (message) => mine.sendEncoded(message),
    ref: () => mine.ref(),
    unref: () => mine.unref(),
    close: () => {
      mine.close();
      ended();
    },
    terminate: () => {
      end();
      // Nothing it still says matters: what it was doing has failed.
      mine.close();
      ended();
    },
  };
}

/** Inside imp's executable modules have no URL. */
function workerModule(): string {
  return runtime.compiled ? "imp:pool" : new URL("./child.ts", import.meta.url).href;
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
