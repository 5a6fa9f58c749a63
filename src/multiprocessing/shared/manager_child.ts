import { runtime } from "../../runtime/mod.ts";
import { Barrier } from "./barrier.ts";
import type { Channel } from "../wire/channel.ts";
import { Namespace, SharedDict, SharedList } from "./containers.ts";
import { Event } from "./event.ts";
import { BoundedSemaphore, Condition, Lock, RLock, Semaphore } from "./lock.ts";
import { JoinableQueue, Queue } from "./queue.ts";
import type { Shared } from "./shared.ts";

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

/**
 * The life of a manager, as the target of a process: makes what it is asked for. An object lives on as long as somebody is
 * connected with it. Comes true when whoever started the manager is gone or wants no more.
 */
export function serve(channel: Channel): Promise<void> {
  // Ctrl-C reaches every process of the terminal's group: it is for the process that started this one.
  runtime.onSignal("SIGINT", () => {});
  channel.ref();
  return new Promise((resolve) => {
    channel.listen({
      message: (request) => make(channel, request as [id: number, kind: string, ...args: never[]]),
      closed: () => (channel.close(), resolve()),
    });
  });
}

function make(channel: Channel, [id, kind, ...args]: [id: number, kind: string, ...never[]]): void {
  try {
    channel.send([id, new KINDS[kind](...args)]);
  } catch (error) {
    channel.send([id, undefined, error]);
  }
}
