import type { RuntimeThread, ThreadStart } from "./types.ts";

/** The part of node:worker_threads that is the same in both runtimes. */
interface WorkerThreads {
  readonly isMainThread: boolean;
  readonly workerData: unknown;
  readonly Worker: new (entry: string | URL, options: Record<string, unknown>) => NodeWorker;
}

interface NodeWorker {
  on(event: "exit" | "error", handler: (value: never) => void): void;
  ref(): void;
  unref(): void;
  terminate(): unknown;
}

/** Starts a module in a new thread, which keeps this one's event loop alive. */
export function startThread({ entry, words, data, ended }: ThreadStart): RuntimeThread {
  const { Worker } = workerThreads();
  const worker = new Worker(entry, { argv: [...words], workerData: data });
  // The thread reports its errors itself; an error here means that it could not begin.
  let error: Error | undefined;
  worker.on("error", (thrown) => error = thrown);
  worker.on("exit", () => ended(error));
  return {
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => void worker.terminate(),
  };
}

/** What this thread was given by the one that started it; undefined in the first thread of a process. */
export function threadData(): unknown {
  const { isMainThread, workerData } = workerThreads();
  return isMainThread ? undefined : workerData;
}

function workerThreads(): WorkerThreads {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): WorkerThreads };
  };
  return process.getBuiltinModule("node:worker_threads");
}
