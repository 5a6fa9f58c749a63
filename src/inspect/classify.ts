import { isZombie } from "../procfs/stat.ts";
import { withoutTerminal } from "./daemon_kinds.ts";
import { keptKind } from "./kept.ts";
import { named, type ProcessKind } from "./kind.ts";
import { isStoppedProcess, type KindSituation } from "./situation.ts";
import { onTerminal, whyStopped } from "./terminal_kinds.ts";
import type { KindFacts } from "./facts.ts";

/** What a process is, and the facts that show it. */
export function classify(situation: KindSituation): ProcessKind {
  const { facts } = situation;
  if (facts.kernelThread) return kernelThread(facts);
  if (isZombie(facts)) return zombie(facts);
  if (facts.pid === 1) return init(facts);
  if (facts.tty !== null && facts.kept?.as !== "member") return onTerminal(situation, facts.tty);
  const kind = facts.kept
    ? keptKind(facts.kept, facts.parent, facts.tty)
    : withoutTerminal(situation);
  return isStoppedProcess(facts) ? stopped(kind, facts) : kind;
}

/** Without a terminal the kind stays: a stopped daemon is a daemon that does nothing. */
function stopped({ kind, title, evidence }: ProcessKind, facts: KindFacts): ProcessKind {
  return { kind, title: `stopped ${title}`, evidence: [whyStopped(facts), ...evidence] };
}

function kernelThread(facts: KindFacts): ProcessKind {
  const maker = facts.parent ? `it was made by ${named(facts.parent)}` : "it makes all others";
  return {
    kind: "kernel-thread",
    title: "thread of the kernel",
    evidence: ["the kernel marks it as its own (PF_KTHREAD); it executes no program", maker],
  };
}

function init(facts: KindFacts): ProcessKind {
  return {
    kind: "init",
    title: facts.namespacePids.length > 1 ? "init of a PID namespace" : "init",
    evidence: ["it is PID 1: orphans are given to it, and when it ends all others are killed"],
  };
}

function zombie({ parent, ppid }: KindFacts): ProcessKind {
  const who = parent ? named(parent) : `pid ${ppid}`;
  return {
    kind: "zombie",
    title: `zombie: it has ended, and ${who} has not waited for it`,
    evidence: [
      "its state is Z: memory, files and terminal are gone; PID, exit status and CPU time are kept",
      `it disappears when ${who} calls wait(2), or ends; no signal does anything to it`,
    ],
  };
}
