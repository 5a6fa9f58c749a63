import type { ParentRole } from "../inspect/role.ts";
import type { Disposition } from "../inspect/program.ts";

/** A process that has not waited for its children. */
export interface NeglectfulParent {
  readonly pid: number;
  readonly comm: string;
  readonly command: readonly string[];
  readonly uid: number | null;
  readonly state: string;
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly role: ParentRole;
  readonly kernelThread: boolean;
  /** Children that are not zombies. */
  readonly livingChildren: number;
  /** What SIGCHLD does to it; null if it cannot be read. */
  readonly sigchld: Disposition | null;
  /** Whether we may signal it. */
  readonly reachable: boolean;
  /** It is in wait(2) right now, for another child; null if it cannot be seen. */
  readonly waiting: boolean | null;
}

/** Why zombies stay, and what helps. */
export interface Cause {
  readonly why: Why;
  /** Sentences without full stop. */
  readonly because: readonly string[];
  /** In the order to try. */
  readonly remedies: readonly Remedy[];
}

export type Why =
  /** The parent runs and does not wait. */
  | "does-not-wait"
  /** The same, but the parent is PID 1, whose duty it is. */
  | "init-does-not-reap"
  /** The parent is stopped and cannot wait. */
  | "parent-stopped"
  /** The parent is stuck inside the kernel and cannot wait. */
  | "parent-stuck"
  /** A debugger has to wait first. */
  | "traced"
  /** They ended within the last second: usually the parent is about to wait. */
  | "just-ended"
  /** The parent is outside our PID namespace, or has ended meanwhile. */
  | "parent-unseen";

export type RemedyName = "wait" | "continue" | "tracer" | "ask" | "fix" | "end-parent" | "init";

export interface Remedy {
  readonly name: RemedyName;
  readonly text: string;
  /** Whether it can be expected to help. */
  readonly hopeful: boolean;
}

interface Ended {
  readonly endedAgo: number | null;
  readonly tracer: number;
}

const JUST_MS = 1000;

export function causeOf(parent: NeglectfulParent | null, zombies: readonly Ended[]): Cause {
  if (!parent) return unseen();
  const tracer = zombies.find((zombie) => zombie.tracer > 0)?.tracer;
  if (tracer !== undefined && tracer !== parent.pid) return traced(tracer);
  if (parent.state === "T" || parent.state === "t") return stopped(parent);
  const just = zombies.every(({ endedAgo }) => endedAgo !== null && endedAgo < JUST_MS);
  if (just) return justEnded(parent);
  if (parent.pid === 1) return init(parent);
  const stuck = parent.state === "D";
  return {
    why: stuck ? "parent-stuck" : "does-not-wait",
    because: [
      stuck
        ? "the parent is waiting inside the kernel (state D) and can do nothing else until that is over"
        : "the parent is running and has not waited",
      ...hearing(parent),
    ],
    remedies: [ask(parent), fix(parent), endParent(parent)],
  };
}

function unseen(): Cause {
  return {
    why: "parent-unseen",
    because: ["the parent is outside this PID namespace, or has ended at this moment"],
    remedies: [{ name: "wait", text: "look from the host, or look again", hopeful: true }],
  };
}

function traced(tracer: number): Cause {
  return {
    why: "traced",
    because: [
      `process ${tracer} traces the zombie (a debugger, strace) and must wait for it first`,
    ],
    remedies: [{
      name: "tracer",
      text: `detach or end the tracer, pid ${tracer}; then its parent can reap it`,
      hopeful: true,
    }],
  };
}

function stopped(parent: NeglectfulParent): Cause {
  const how = parent.state === "t" ? "held by its tracer" : "stopped (Ctrl-Z or SIGSTOP)";
  const go = parent.state === "t" ? "let its tracer continue it" : `kill -CONT ${parent.pid}`;
  return {
    why: "parent-stopped",
    because: [`the parent is ${how}: it cannot wait for anybody`],
    remedies: [
      { name: "continue", text: `let the parent go on: ${go}`, hopeful: true },
      endParent(parent),
    ],
  };
}

function justEnded(parent: NeglectfulParent): Cause {
  return {
    why: "just-ended",
    because: ["it ended less than a second ago: every child is a zombie until its parent waits"],
    remedies: [
      { name: "wait", text: "look again; a healthy parent waits at once", hopeful: true },
      ...(parent.pid === 1 ? init(parent).remedies : [ask(parent)]),
    ],
  };
}

function init(parent: NeglectfulParent): Cause {
  return {
    why: "init-does-not-reap",
    because: [
      `PID 1 here is ${parent.comm}, which has not waited: reaping orphans is the duty of PID 1`,
      ...hearing(parent),
    ],
    remedies: [
      ask(parent),
      {
        name: "init",
        text:
          "run the container with an init: `imp init -- PROGRAM` as its command, or docker run --init",
        hopeful: true,
      },
      {
        name: "end-parent",
        text:
          "ending PID 1 ends everything in its PID namespace: restart the container or the host",
        hopeful: true,
      },
    ],
  };
}

/** How the parent would learn that a child has ended. */
function hearing({ sigchld, waiting }: NeglectfulParent): string[] {
  const told = {
    default: "it has no handler for SIGCHLD: it waits when its program says so, or never",
    ignored: "it ignores SIGCHLD now; had it done so before, the kernel would have kept no zombie",
    caught: "it has a handler for SIGCHLD, which did not wait for this child",
    blocked: "it blocks SIGCHLD: it may read it by signalfd(2) or sigwait(3)",
  };
  return [
    ...(sigchld === null ? [] : [told[sigchld]]),
    ...(waiting ? ["it is inside wait(2) at this moment, for another child"] : []),
  ];
}

function ask({ pid, sigchld, reachable }: NeglectfulParent): Remedy {
  const useless = sigchld === "default" || sigchld === "ignored";
  return {
    name: "ask",
    text: useless
      ? `ask the parent (imp zombies --ask: SIGCHLD to ${pid}): no use, it does not listen for SIGCHLD`
      : `ask the parent${asWhom(reachable)}: imp zombies --ask ${pid} (sends it SIGCHLD)`,
    hopeful: !useless,
  };
}

function fix({ comm }: NeglectfulParent): Remedy {
  return {
    name: "fix",
    text:
      `fix ${comm}: it must wait for every child (waitpid in a loop at each SIGCHLD), or set SIGCHLD to ` +
      "SIG_IGN before it starts them",
    hopeful: true,
  };
}

function endParent({ pid, livingChildren, kernelThread, reachable }: NeglectfulParent): Remedy {
  const others = livingChildren === 0
    ? ""
    : `; its ${livingChildren} living ${
      livingChildren === 1 ? "child becomes" : "children become"
    } orphans`;
  return {
    name: "end-parent",
    text: `end the parent, so that init adopts and reaps${
      asWhom(reachable)
    }: imp zombies --end-parent ${pid}${others}`,
    hopeful: !kernelThread,
  };
}

function asWhom(reachable: boolean): string {
  return reachable ? "" : " (as root or its owner)";
}
