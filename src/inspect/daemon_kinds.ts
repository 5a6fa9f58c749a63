import { named, type ProcessKind } from "./kind.ts";
import { unitOf } from "./logind.ts";
import type { ProcessSummary } from "./program.ts";
import { type KindSituation, terminalDescriptors } from "./situation.ts";
import type { KindFacts } from "./facts.ts";

/** What a process without a controlling terminal is. */
export function withoutTerminal(situation: KindSituation): ProcessKind {
  const { facts } = situation;
  const role = facts.parent?.role;
  if (facts.sessionLeader) {
    return role === "init" || role === "subreaper" ? leadingDaemon(situation) : ownSession(facts);
  }
  if (!facts.parent?.adopted) return child(situation);
  const { leader } = situation;
  // A shell with job control gives each job a group of its own; daemonizing leaves group and session the same.
  if (!leader && facts.pgid === facts.sid) return daemon(facts);
  return orphan(facts, leader);
}

function daemon(facts: KindFacts): ProcessKind {
  return {
    kind: "daemon",
    title: "daemon",
    evidence: [
      "it has no controlling terminal, and cannot acquire one: it leads no session",
      `the leader of its session ${facts.sid} has ended, as after a second fork`,
      ...adopter(facts),
      ...surroundings(facts),
    ],
  };
}

/** One fork and setsid, as with daemon(3), or a service started by init. */
function leadingDaemon(situation: KindSituation): ProcessKind {
  const { facts } = situation;
  if (terminalDescriptors(facts).length > 0) return ownSession(facts);
  const unit = unitOf(facts.cgroup);
  const service = unit && unit.of !== "login" && unit.name.endsWith(".service")
    ? unit.name
    : undefined;
  return {
    kind: "daemon",
    title: service ? `daemon: service ${service}` : "daemon that leads its session",
    evidence: [
      "it leads a session of its own without a controlling terminal",
      "it did not fork again after setsid: opening a terminal could make that its controlling one",
      ...(service ? [`systemd runs it as ${service}`] : adopter(facts)),
      ...surroundings(facts),
    ],
  };
}

function ownSession(facts: KindFacts): ProcessKind {
  return {
    kind: "own-session",
    title: "process in a session of its own, as setsid makes it",
    evidence: [
      "it leads a session of its own without a controlling terminal",
      ...adopter(facts),
      ...surroundings(facts),
    ],
  };
}

function orphan(facts: KindFacts, leader: ProcessSummary | null): ProcessKind {
  const session = leader
    ? `its session belongs to ${named(leader)}, so it is not a daemon`
    : `its group ${facts.pgid} is not that of its session ${facts.sid}: it was a job of a shell that has ended`;
  return {
    kind: "orphan",
    title: leader ? "orphan" : "orphan of a session that has ended",
    evidence: [
      "it has no controlling terminal",
      ...adopter(facts),
      session,
      ...surroundings(facts),
    ],
  };
}

function child({ facts, leader }: KindSituation): ProcessKind {
  const of = facts.parent
    ? named(facts.parent)
    : facts.ppid === 0
    ? "a process outside this PID namespace"
    : `a process that cannot be seen (pid ${facts.ppid})`;
  const session = leader
    ? `its session belongs to ${named(leader)}`
    : facts.sid === 0
    ? "its session's leader is outside this PID namespace"
    : `the leader of its session ${facts.sid} has ended`;
  return {
    kind: "child",
    title: `child of ${of}, without a terminal`,
    evidence: ["it has no controlling terminal", session, ...adopter(facts)],
  };
}

/** Other typical marks of daemons that it has or lacks. */
function surroundings(facts: KindFacts): string[] {
  const told: string[] = [];
  const onTerminal = terminalDescriptors(facts);
  const standard = facts.fds.filter(({ fd }) => fd <= 2);
  if (onTerminal.length) {
    const which = onTerminal.length === 1
      ? `${onTerminal[0]} leads`
      : `${onTerminal.join(", ")} lead`;
    told.push(`but of descriptors 0-2, ${which} to a terminal`);
  } else if (standard.length && standard.every(({ kind }) => kind === "null")) {
    told.push("descriptors 0-2 are on /dev/null");
  } else if (standard.length) told.push("descriptors 0-2 lead to no terminal");
  if (facts.cwd === "/") told.push("its working directory is /, so it keeps no file system busy");
  return told;
}

/** Its parent, if that shows that the process which started it is gone. */
export function adopter(
  { parent, sessionLeader }: Pick<KindFacts, "parent" | "sessionLeader">,
): string[] {
  if (!parent) return [];
  if (parent.adopted) {
    const who = parent.role === "init" ? "init (PID 1)" : `${named(parent)}, a subreaper,`;
    return [`${who} has adopted it: the process that started it has exited`];
  }
  if (parent.role !== "init" || !sessionLeader) return [`its parent is ${named(parent)}`];
  // It may be a service that init itself has started, or have been adopted after setsid.
  return ["its parent is init (PID 1), which has started or adopted it"];
}
