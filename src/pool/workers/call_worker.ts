// The worker process of `imp pool --call`: takes calls of one function from imp and answers each.
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { F_DUPFD_CLOEXEC, O_RDWR, POLLIN } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { closeFile, moveUp, openFile, readSome, writeAll } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { PollSet, runtimeEventFds } from "../../libc/descriptors/poll.ts";
import {
  aKindOf,
  isError,
  isFrame,
  MOST_CAUSES,
  readError,
  textOfThrown,
} from "../../base/thrown.ts";
import { runtime } from "../../runtime/mod.ts";
import { bytesOf, EMPTY } from "../bytes.ts";
import {
  CALL,
  CallFrames,
  ERROR,
  frame,
  hopelessFrame,
  READY,
  unpackArguments,
  VALUE,
} from "./call_protocol.ts";

type Callable = (...values: unknown[]) => unknown;

const STDIN = 0, STDOUT = 1, STDERR = 2;
const RUNTIME_FDS = 3;
/** Between two calls, timers and sockets get a turn at least so often. */
const TURN_MS = 50;

/**
 * Answers calls until the end of input. First moves the pipes to imp out of the way: the function finds /dev/null as
 * its stdin, and what it prints goes to stderr, so that it is never taken for an answer.
 * @param load returns the function
 * @param json arguments are JSON, not text
 * @param shown what the function's errors say, as the user is told it
 */
export async function serveCalls(
  load: () => Promise<Callable>,
  json: boolean,
  shown: (text: string) => string = (text) => text,
): Promise<void> {
  const calls = copyUp(STDIN);
  const answers = copyUp(STDOUT);
  const nothing = openFile("/dev/null", O_RDWR);
  libc("dup2").dup2(nothing, STDIN);
  libc("dup2").dup2(STDERR, STDOUT);
  if (nothing > STDERR) closeFile(nothing);
  const answer = (bytes: Uint8Array) => writeAll(answers, bytes, "imp");
  let target: Callable;
  try {
    target = await load();
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return answer(hopelessFrame(error));
  }
  answer(frame(READY, EMPTY));
  const frames = new CallFrames();
  const inbox = new Inbox(calls);
  for (;;) {
    for (let next = frames.take(); next; next = frames.take()) {
      if (next.kind !== CALL) continue;
      // Each answer goes out before the next call is begun, so that the one which ends this process is known.
      const outcome = call(target, next.payload, json, shown);
      answer(outcome instanceof Uint8Array ? outcome : await outcome);
    }
    const chunk = await inbox.read();
    if (chunk.length === 0) return;
    frames.push(chunk);
  }
}

/**
 * @returns the answer's frame; a promise of it only if the function returns a promise, which takes a turn of the event
 *   loop
 */
function call(
  target: Callable,
  payload: Uint8Array,
  json: boolean,
  shown: (text: string) => string,
): Uint8Array | Promise<Uint8Array> {
  const failed = (error: unknown) => frame(ERROR, bytesOf(shown(told(error))));
  try {
    const value = target(...unpackArguments(payload).map(json ? parsed : text));
    return isThenable(value) ? settled(value, failed) : frame(VALUE, printed(value));
  } catch (error) {
    return failed(error);
  }
}

async function settled(
  promise: PromiseLike<unknown>,
  failed: (error: unknown) => Uint8Array,
): Promise<Uint8Array> {
  // A promise that nothing in the event loop will settle is the pool's affair: Deno would end the process.
  const alive = setInterval(() => {}, 1 << 30);
  try {
    return frame(VALUE, printed(await promise));
  } catch (error) {
    return failed(error);
  } finally {
    clearInterval(alive);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new TypeError("the item is not UTF-8, so it cannot be given as text");
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch (error) {
    throw new TypeError(`the item is not JSON: ${(error as Error).message}`);
  }
}

/** Text and bytes unchanged, nothing for undefined, JSON for everything else. */
function printed(value: unknown): Uint8Array {
  if (value === undefined) return EMPTY;
  if (typeof value === "string") return bytesOf(value);
  if (value instanceof Uint8Array) return value;
  const json = JSON.stringify(value);
  if (json === undefined) {
    throw new TypeError(`${aKindOf(value)} cannot be printed as a result`);
  }
  return bytesOf(json);
}

/** The stack, without the frames of imp itself; with its causes. */
function told(error: unknown, above: readonly unknown[] = []): string {
  if (!isError(error)) return `thrown: ${textOfThrown(error)}`;
  const { name, message, stack, cause } = readError(error);
  const lines = stack.split("\n").filter(isFrame);
  const own = lines.findIndex((line) =>
    line.includes("/$bunfs/") || line.includes("call_worker.ts")
  );
  const causes = [...above, error];
  const isNew = cause !== undefined && causes.length <= MOST_CAUSES && !causes.includes(cause);
  return [
    `${name}: ${message}`,
    ...own < 0 ? lines : lines.slice(0, own),
    ...isNew ? [`caused by ${told(cause, causes)}`] : [],
  ].join("\n");
}

/** Lets the function's own timers and sockets run while the worker waits for its next call. */
class Inbox {
  private readonly poll = new PollSet(1 + RUNTIME_FDS);
  private lastTurn = runtime.now();

  constructor(private readonly fd: number) {
    this.poll.watch(0, fd, POLLIN);
    runtimeEventFds().slice(0, RUNTIME_FDS).forEach((own, i) =>
      this.poll.watch(1 + i, own, POLLIN)
    );
  }

  /** @returns nothing at the end */
  async read(): Promise<Uint8Array> {
    if (runtime.now() > this.lastTurn + TURN_MS) await this.turn();
    for (this.poll.wait(TURN_MS); this.poll.ready(0) === 0; this.poll.wait(TURN_MS)) {
      await this.turn();
    }
    const chunk = readSome(this.fd);
    return typeof chunk === "number" ? EMPTY : chunk;
  }

  private async turn(): Promise<void> {
    await runtime.sleep(0);
    this.lastTurn = runtime.now();
  }
}

/** A close-on-exec copy: programs that the function starts must not inherit it. */
function copyUp(fd: number): number {
  const copy = libc("fcntl").fcntl(fd, F_DUPFD_CLOEXEC, FLOOR.job);
  return copy >= 0 ? copy : moveUp(fd, FLOOR.job);
}
