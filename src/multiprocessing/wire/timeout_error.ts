import { registerError } from "./portable.ts";

/** The time that the caller gave was up; what was waited for goes on. */
export class TimeoutError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeoutError";
  }
}

registerError("TimeoutError", TimeoutError);
