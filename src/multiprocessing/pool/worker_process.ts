import { runtime } from "../../runtime/mod.ts";
import { Channel } from "../wire/channel.ts";
import type { WorkerEvents } from "./crew.ts";
import type { StartedWorker } from "./crew.ts";
import type { WorkerMessage } from "./worker.ts";
import { Process } from "../process/process.ts";

/** How long a worker may take to end: when it is told to, when it was asked to by SIGTERM, or after closing its channel. */
const GRACE_MS = 5000;

let started = 0;

/** Starts a worker as a daemonic process. @throws ImpError (EAGAIN, EMFILE, ENOMEM) */
export function startWorker(events: WorkerEvents): StartedWorker {
  const { mine, theirs } = Channel.pair();
  const end = Channel.open(theirs);
  const process = new Process({
    target: { module: workerModule(), export: "work" },
    args: [end],
    name: `PoolWorker-${++started}`,
    daemon: true,
  });
  try {
    process.start();
  } catch (error) {
    end.close();
    mine.close();
    throw error;
  }
  const ended = once(async () => {
    if (!await process.join(GRACE_MS)) {
      process.kill();
      await process.join();
    }
    const { exitcode } = process;
    process.close();
    events.ended(exitcode ?? 0);
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
      if (process.isAlive()) process.terminate();
      // Its last words are not waited for: what it was doing has failed.
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
