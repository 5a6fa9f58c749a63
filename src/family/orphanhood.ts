import type { ParentFacts } from "../inspect/facts.ts";
import type { KindName } from "../inspect/kind.ts";

/** What a process whose leader or parent is gone stands for. */
export type Standing =
  /** Nobody who started it is left, and nothing shows that this was meant. */
  | "orphan"
  /** Started to outlive its shell: nohup, or a session of its own (setsid). */
  | "left-on-purpose"
  /** A daemon or a service of init's. */
  | "daemon"
  /** The main program of a terminal that init, or a terminal's server, has started: getty, a login shell. */
  | "terminal"
  /** Child of init in init's own session: init may have started it, or have adopted it. */
  | "unclear"
  /** Its parent is outside our PID namespace: docker exec, nsenter. */
  | "entered"
  /** Its session's or group's leader has ended, but its own parent lives: a pipeline's end, a job of a script. */
  | "leaderless";

/** What the decision depends on. */
export interface Relations {
  readonly kind: KindName;
  readonly ppid: number;
  /** Null when the parent cannot be seen. */
  readonly parent: Pick<ParentFacts, "pid" | "role" | "adopted"> | null;
  /** It is not seen because /proc hides it from this user; that it lives is certain, and that it started this one likely. */
  readonly parentHidden: boolean;
  readonly sessionLeader: boolean;
  /** The leader of its session lives; false also when its session is one outside our PID namespace. */
  readonly sessionLed: boolean;
  readonly groupLed: boolean;
  /** Its parent is in the same session and group, so that its leaderlessness is nothing of its own. */
  readonly sharesGroupWithParent: boolean;
  readonly terminal: boolean;
  /** One of its descriptors 0-2 still leads to a terminal or a pipe; daemons cut these ties. */
  readonly attached: boolean;
  /** Its output leads to a pipe that nobody reads any more: whoever was to read it has ended, as sshd has. */
  readonly severed: boolean;
  /** It ignores SIGHUP, as nohup has it; what is left of a login has no terminal any more that would tell. */
  readonly ignoresHangup: boolean;
  /** systemd runs it as a service, or imp keeps it. */
  readonly service: boolean;
}

/** @returns undefined for a process that has lost nobody */
export function standingOf(relations: Relations): Standing | undefined {
  const { kind, parent, ppid } = relations;
  if (kind === "kernel-thread" || kind === "init" || kind === "zombie") return undefined;
  if (!parent && !relations.parentHidden) return ppid === 0 ? "entered" : "unclear";
  if (parent?.role === "init" || parent?.role === "subreaper") return withoutStarter(relations);
  const leaderless = !relations.sessionLed || !relations.groupLed;
  return leaderless && !relations.sharesGroupWithParent ? "leaderless" : undefined;
}

/** Its parent is one that adopts. */
function withoutStarter(relations: Relations): Standing {
  const { kind, parent, terminal, sessionLeader, attached, service } = relations;
  // By its parent, session and group alone, what a killed shell without a terminal leaves behind looks like a daemon.
  if (kind === "daemon" && (service || !attached)) return "daemon";
  if (kind === "nohup-job") return "left-on-purpose";
  if (sessionLeader && !relations.severed) return terminal ? "terminal" : "left-on-purpose";
  if (relations.ignoresHangup) return "left-on-purpose";
  if (sessionLeader) return "orphan";
  return parent?.adopted ? "orphan" : "unclear";
}
