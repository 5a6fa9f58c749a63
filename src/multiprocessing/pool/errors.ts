import { nameError, restoreError } from "../process/own_frames.ts";
import { registerError } from "../wire/portable.ts";

/** A worker ended while it ran the task: by a signal, or by exiting. The task is not tried again. */
export class WorkerDied extends Error {
  /** The worker's. */
  readonly pid: number;
  /** As for a Process: the exit status, or the negative signal number. */
  readonly exitcode: number;

  constructor(message: string, pid: number, exitcode: number) {
    super(message);
    nameError(this, "WorkerDied");
    this.pid = pid;
    this.exitcode = exitcode;
  }
}

/** The pool was terminated before the task was done. */
export class PoolTerminated extends Error {
  constructor(message = "the pool was terminated before the task was done") {
    super(message);
    nameError(this, "PoolTerminated");
  }
}

/** No worker can be made ready: `cause` says why, for example what the initializer threw. */
export class PoolBroken extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    nameError(this, "PoolBroken");
  }
}

/** Where in the worker an error was thrown: the `cause` of an error that has no other. */
export class RemoteStack extends Error {
  constructor(pid: number, stack: string) {
    super(`thrown in worker ${pid}`);
    restoreError(this, "RemoteStack", stack);
  }
}

// The names are literal: those of classes are shortened in the executable.
registerError("WorkerDied", WorkerDied);
registerError("PoolTerminated", PoolTerminated);
registerError("PoolBroken", PoolBroken);
registerError("RemoteStack", RemoteStack);
