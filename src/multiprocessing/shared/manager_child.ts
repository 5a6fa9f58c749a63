import { runtime } from "../../runtime/mod.ts";
import { Barrier } from "./barrier.ts";
import type { Channel } from "../wire/channel.ts";
import { Namespace, SharedDict, SharedList } from "./containers.ts";
import { Event } from "./event.ts";
import { BoundedSemaphore, Condition, Lock, RLock, Semaphore } from "./lock.ts";
import { JoinableQueue, Queue } from "./queue.ts";
import { thisProcess } from "../process/current.ts";
import type { PoolPlan } from "../pool/worker_set.ts";
import { PoolService } from "./pool_service.ts";
import type { Shared } from "./shared.ts";
import { SharedPool } from "./shared_pool.ts";

type Made = new (...args: never[]) => Shared;

const KINDS: Readonly<Record<string, Made>> = {
  Queue,
  JoinableQueue,
  Lock,
  RLock,
  Condition,
  Semaphore,
  BoundedSemaphore,
  Event,
  Barrier,
  dict: SharedDict,
  list: SharedList,
  Namespace,
};

/** Those that were made; ended ones are small. */
const pools: PoolService[] = [];

/** A pool belongs to a process, and its workers end with that. */
function makePool(plan: PoolPlan, bufferSize: number | undefined): SharedPool {
  const service = new PoolService(plan);
  pools.push(service);
  return new SharedPool(service, { size: service.size, bufferSize });
}

/**
 * The life of a manager, as the target of a process: makes what it is asked for. An object lives as long as somebody is
 * connected to it. Resolves when the manager's creator is gone or wants no more.
 */
export function serve(channel: Channel): Promise<void> {
  // Ctrl-C reaches every process in the terminal's foreground group: it is meant for the process that started this one.
  runtime.onSignal("SIGINT", () => {});
  // It ends as a daemonic process does, with everything below it; and it may have workers.
  thisProcess().daemon = false;
  channel.ref();
  return new Promise((resolve) => {
    channel.listen({
      message: (request) => make(channel, request as [id: number, kind: string, ...args: never[]]),
      closed: () => {
        // Otherwise their workers would be seen to die.
        for (const pool of pools) pool.end();
        channel.close();
        resolve();
      },
    });
  });
}

function make(channel: Channel, [id, kind, ...args]: [id: number, kind: string, ...never[]]): void {
  try {
    const made = kind === "Pool"
      ? makePool(...(args as unknown as Parameters<typeof makePool>))
      : new KINDS[kind](...args);
    channel.send([id, made]);
  } catch (error) {
    channel.send([id, undefined, error]);
  }
}
