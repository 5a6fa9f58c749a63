import { oneLine } from "../process/one_line.ts";
import { LocalPort } from "./local_port.ts";
import type { Port } from "./port.ts";

type Words = (answer: unknown) => string;

const counted = (what: string): Words => (answer) => `${what}: ${answer}`;
const SIZE = ["size", counted("size")] as const;

/** By kind: the call that reads its state, and its wording. Only calls that are answered at once and change nothing. */
const STATES: Readonly<Record<string, readonly [method: string, words: Words]>> = {
  Lock: ["value", (free) => free === 0 ? "locked" : "unlocked"],
  Semaphore: ["value", counted("value")],
  BoundedSemaphore: ["value", counted("value")],
  Event: ["isSet", (on) => on ? "set" : "not set"],
  Barrier: ["waiting", counted("waiting")],
  Queue: SIZE,
  JoinableQueue: SIZE,
  SimpleQueue: SIZE,
  dict: SIZE,
  Namespace: SIZE,
  list: SIZE,
};

const NAMES: Readonly<Record<string, string>> = {
  dict: "SharedDict",
  list: "SharedList",
  Pool: "SharedPool",
};

/** A shared object in one line: its state where it lives, elsewhere the process that holds it. */
export function stateLine(kind: string, port: Port): string {
  const name = NAMES[kind] ?? kind;
  if (!(port instanceof LocalPort)) return oneLine(name, `owner: ${port.owner}`);
  const [method, words] = STATES[kind] ?? [];
  const answer = method && port.peek(method);
  return oneLine(name, answer !== undefined && words?.(answer));
}
