/**
 * Python's multiprocessing for TypeScript: processes, pools, queues, locks and shared memory, under Deno and Bun from
 * source, and as `import … from "imp:multiprocessing"` in programs that imp's executable runs (`imp run`).
 *
 * @module
 */
export { Process, type ProcessOptions } from "./multiprocessing/process/process.ts";
export {
  activeChildren,
  cpuCount,
  type CurrentProcess,
  currentProcess,
  type ParentProcess,
  parentProcess,
} from "./multiprocessing/process/relatives.ts";
export { Pool, type PoolOptions } from "./multiprocessing/pool/pool.ts";
export type { Callbacks, ImapOptions, MapOptions } from "./multiprocessing/pool/tasks.ts";
export type { Items } from "./multiprocessing/pool/chunks.ts";
export { AsyncResult } from "./multiprocessing/pool/async_result.ts";
export { ImapIterator } from "./multiprocessing/pool/imap_iterator.ts";
export {
  PoolBroken,
  PoolTerminated,
  RemoteStack,
  WorkerDied,
} from "./multiprocessing/pool/errors.ts";
export { TimeoutError } from "./multiprocessing/wire/portable.ts";
export { Thread, type ThreadOptions } from "./multiprocessing/thread/thread.ts";
export { type CurrentThread, currentThread } from "./multiprocessing/thread/current_thread.ts";
export { JoinableQueue, Queue, SimpleQueue } from "./multiprocessing/shared/queue.ts";
export { Connection, Pipe, type RecvOptions } from "./multiprocessing/shared/pipe.ts";
export { wait, type Waitable } from "./multiprocessing/shared/wait.ts";
export {
  type Acquirable,
  BoundedSemaphore,
  Condition,
  Lock,
  RLock,
  Semaphore,
} from "./multiprocessing/shared/lock.ts";
export { Event } from "./multiprocessing/shared/event.ts";
export { Barrier, type BarrierOptions } from "./multiprocessing/shared/barrier.ts";
export {
  type ArrayOf,
  type Memory,
  type MemoryOptions,
  type NumberOf,
  type NumberType,
  SharedArray,
  Value,
} from "./multiprocessing/shared/values.ts";
export { Manager } from "./multiprocessing/shared/manager.ts";
export {
  type Entries,
  Namespace,
  SharedDict,
  SharedList,
} from "./multiprocessing/shared/containers.ts";
export { SharedPool } from "./multiprocessing/shared/shared_pool.ts";
export type { Patience, Shared } from "./multiprocessing/shared/shared.ts";
export {
  BrokenBarrierError,
  Empty,
  EndOfPipe,
  Full,
  OwnerDied,
} from "./multiprocessing/shared/service.ts";
export type {
  ArgsIfNeeded,
  Arguments,
  GivenArgs,
  InitargsIfNeeded,
  ItemOf,
  Result,
  Target,
} from "./multiprocessing/process/target.ts";
export { Channel, type Descriptors } from "./multiprocessing/wire/channel.ts";
export type { Listener } from "./multiprocessing/wire/listener.ts";
export { UnsendableError } from "./multiprocessing/wire/unsendable.ts";
export { type ErrorParts, ImpError } from "./base/errors.ts";
