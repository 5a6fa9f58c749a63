/** The queue holds nothing, and nothing came in time. */
export class Empty extends Error {
  constructor(message = "the queue is empty") {
    super(message);
    this.name = "Empty";
  }
}

/** The queue holds as many items as it may, and nobody took one in time. */
export class Full extends Error {
  constructor(message = "the queue is full") {
    super(message);
    this.name = "Full";
  }
}

/** Somebody's time was up at the barrier, it was aborted or reset, or a process that waited there has died. */
export class BrokenBarrierError extends Error {
  constructor(message = "the barrier is broken") {
    super(message);
    this.name = "BrokenBarrierError";
  }
}

/** The process in which the object lived is no more, and the object with it. */
export class OwnerDied extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OwnerDied";
  }
}

/** The other end of a pipe is closed, and everything that was sent has been received. */
export class EndOfPipe extends Error {
  constructor(message = "the other end of the pipe is closed") {
    super(message);
    this.name = "EndOfPipe";
  }
}

const CLASSES: Record<string, new (message: string) => Error> = {
  Empty,
  Full,
  BrokenBarrierError,
  RangeError,
  TypeError,
};

/** The error that the owner of an object answered with, with the caller's own stack. */
export function revive(name: string, message: string): Error {
  const known = CLASSES[name];
  if (known) return new known(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
