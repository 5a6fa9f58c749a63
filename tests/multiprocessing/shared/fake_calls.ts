import type { Call, Holder, Service } from "../../../src/multiprocessing/shared/service.ts";

let pids = 100;

export function holder(traits: Partial<Holder> = {}): Holder {
  const pid = ++pids;
  return { pid, thread: String(pid), local: false, ...traits };
}

export interface FakeCall extends Call {
  /** All answers; more than one is a fault of the service. */
  readonly answers: unknown[];
}

/** Calls a service. */
export function call(
  service: Service,
  holder: Holder,
  method: string,
  ...args: unknown[]
): FakeCall {
  const answers: unknown[] = [];
  const made: FakeCall = {
    holder,
    method,
    args,
    answers,
    reply: (value) => answers.push(value),
    fail: (error) => answers.push(error.name),
  };
  service.call(made);
  return made;
}
