import { runtime } from "../../runtime/mod.ts";
import type { NotifyFacts } from "./notifications.ts";
import type { KeptReadiness } from "./readiness.ts";
import type { TurnChildren } from "../turn/turn_children.ts";

export interface ReadinessWait {
  readonly readiness: KeptReadiness;
  readonly children: TurnChildren;
  /** PID of the program. */
  readonly program: number;
  /** The socket for sd_notify(3), if any. */
  readonly socket?: number;
  /** Reads it. */
  readonly take: () => NotifyFacts | undefined;
  /** Something has happened that comes first: the program has ended, or a command was given. */
  readonly isInterrupted: () => boolean;
}

/** @returns undefined: something else happened first */
export function awaitReady(wait: ReadinessWait): "ready" | { readonly failed: string } | undefined {
  const { readiness, children, program, socket, take, isInterrupted } = wait;
  for (;;) {
    children.reap(program);
    for (const [pid, ending] of children.takeOthers()) readiness.childEnded(pid, ending);
    const now = runtime.now();
    const facts = take();
    if (facts) readiness.told(facts, now);
    const look = readiness.look(now);
    if (look === "ready") return "ready";
    if (isInterrupted()) return undefined;
    if ("failed" in look) return look;
    children.sleep(look.until - now, [...readiness.fds, ...socket === undefined ? [] : [socket]]);
  }
}
