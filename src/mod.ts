/**
 * Python's multiprocessing for TypeScript: processes, pools, queues, locks and shared memory, under Deno and Bun from
 * source, and as `import … from "imp"` in programs that imp's executable runs (`imp run`).
 *
 * @module
 */
export { Process, type ProcessOptions } from "./multiprocessing/process.ts";
export {
  activeChildren,
  cpuCount,
  type CurrentProcess,
  currentProcess,
  type ParentProcess,
  parentProcess,
} from "./multiprocessing/relatives.ts";
export { Pool, type PoolOptions, type Result } from "./multiprocessing/pool.ts";
export type { Callbacks, ImapOptions, MapOptions } from "./multiprocessing/pool_tasks.ts";
export type { Items } from "./multiprocessing/imap_source.ts";
export { AsyncResult } from "./multiprocessing/async_result.ts";
export { ImapIterator } from "./multiprocessing/imap_iterator.ts";
export {
  PoolBroken,
  PoolTerminated,
  RemoteStack,
  TimeoutError,
  WorkerDied,
} from "./multiprocessing/pool_errors.ts";
export { Thread, type ThreadOptions } from "./multiprocessing/thread.ts";
export { type CurrentThread, currentThread } from "./multiprocessing/current_thread.ts";
export { JoinableQueue, Queue, SimpleQueue } from "./multiprocessing/queue.ts";
export { Connection, Pipe } from "./multiprocessing/pipe.ts";
export { BoundedSemaphore, Condition, Lock, RLock, Semaphore } from "./multiprocessing/lock.ts";
export { Event } from "./multiprocessing/event.ts";
export { Barrier, type BarrierOptions } from "./multiprocessing/barrier.ts";
export { type NumberType, SharedArray, Value } from "./multiprocessing/values.ts";
export { Manager } from "./multiprocessing/manager.ts";
export { Namespace, SharedDict, SharedList } from "./multiprocessing/containers.ts";
export type { Patience } from "./multiprocessing/shared.ts";
export {
  BrokenBarrierError,
  Empty,
  EndOfPipe,
  Full,
  OwnerDied,
} from "./multiprocessing/shared_errors.ts";
export type { Target } from "./multiprocessing/target.ts";
export { Channel, type Descriptors, type Listener } from "./multiprocessing/channel.ts";
export { UnsendableError } from "./multiprocessing/unsendable.ts";
export { ImpError } from "./base/errors.ts";
