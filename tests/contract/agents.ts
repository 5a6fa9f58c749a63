// Real processes for the tests of what processes share. Each is this test file, started again in a role.
import { closeFile, moveUp } from "../../src/libc/descriptors/files.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { Channel } from "../../src/multiprocessing/wire/channel.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { roleCommand } from "./support.ts";

const STREAM = 10, SIDE = 11;
const SIGKILL = 9;

export interface Agent {
  readonly pid: number;
  /** What it has said, in order. */
  readonly said: unknown[];
  /** The next message from it. */
  next(): Promise<unknown>;
  tell(value: unknown): void;
  kill(): void;
  /** Lets it end, and waits for that. */
  end(): void;
}

/** Starts a role in a new process, which receives `given`. */
export function startAgent(meta: ImportMeta, role: string, given: unknown): Agent {
  const pair = Channel.pair();
  const { mine } = pair;
  // No descriptor may be at the number where another one should go.
  const theirs = pair.theirs.map((fd) => moveUp(fd, SIDE + 1));
  const { argv, env } = roleCommand(meta, role);
  const pid = spawn({
    path: argv[0],
    argv,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    descriptors: [[theirs[0], STREAM], [theirs[1], SIDE]],
  });
  if (pid < 0) throw new Error(`errno ${-pid}`);
  theirs.forEach(closeFile);
  const said: unknown[] = [];
  const unread: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  mine.listen({
    message: (value) => {
      said.push(value);
      const first = waiting.shift();
      if (first) first(value);
      else unread.push(value);
    },
    closed: () => waiting.forEach((resolve) => resolve("gone")),
  });
  mine.send(given);
  mine.ref();
  return {
    pid,
    said,
    next: () =>
      unread.length > 0
        ? Promise.resolve(unread.shift())
        : new Promise((resolve) => waiting.push(resolve)),
    tell: (value) => mine.send(value),
    kill: () => {
      sendSignal(pid, SIGKILL);
      waitFor(pid);
      mine.close();
    },
    end: () => {
      mine.close();
      waitFor(pid);
    },
  };
}

/** In the role: what was given, a way to answer, and the later messages. */
export async function asAgent<T>(
  body: (given: T, say: (value: unknown) => void, told: () => Promise<unknown>) => unknown,
): Promise<never> {
  const channel = Channel.open([STREAM, SIDE]);
  const unread: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  channel.listen({
    message: (value) => {
      const first = waiting.shift();
      if (first) first(value);
      else unread.push(value);
    },
    closed: () => runtime.exit(0),
  });
  channel.ref();
  const told = () =>
    unread.length > 0
      ? Promise.resolve(unread.shift())
      : new Promise<unknown>((resolve) => waiting.push(resolve));
  const say = (value: unknown) => {
    channel.send(value);
    channel.flush();
  };
  try {
    await body(await told() as T, say, told);
  } catch (error) {
    say(error);
  }
  await new Promise(() => {});
  throw new Error("never");
}
