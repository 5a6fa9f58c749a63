import type { ParentFacts } from "../inspect/facts.ts";
import type { KindName } from "../inspect/kind.ts";

/** The category of a process whose leader or parent is gone. */
export type Standing =
  /** Nobody who started it is left, and nothing indicates that this was intended. */
  | "orphan"
  /** Started to outlive its shell: nohup, or a session of its own (setsid). */
  | "left-on-purpose"
  /** A daemon or a service started by init. */
  | "daemon"
  /** The main program of a terminal, started by init or a terminal server: getty, a login shell. */
  | "terminal"
  /** Child of init in init's own session: started or adopted by it. */
  | "unclear"
  /** Its parent is outside our PID namespace: docker exec, nsenter. */
  | "entered"
  /** Its session's or group's leader has ended, but its own parent runs: the end of a pipeline, a job of a script. */
  | "leaderless";

/** What the decision depends on. */
export interface Relations {
  readonly kind: KindName;
  readonly ppid: number;
  /** Null if the parent cannot be seen. */
  readonly parent: Pick<ParentFacts, "pid" | "role" | "adopted"> | null;
  /** /proc hides it from this user: it certainly runs, and has probably started this one. */
  readonly parentHidden: boolean;
  readonly sessionLeader: boolean;
  /** The leader of its session runs; false also if the session is outside our PID namespace. */
  readonly sessionLed: boolean;
  readonly groupLed: boolean;
  /** Its parent is in the same session and group, so that it merely shares the parent's lack of a leader. */
  readonly sharesGroupWithParent: boolean;
  readonly terminal: boolean;
  /** One of descriptors 0-2 still refers to a terminal or a pipe; daemons cut these ties. */
  readonly attached: boolean;
  /** Its output goes to a pipe without a reader: the reader, such as sshd, has ended. */
  readonly severed: boolean;
  /** It ignores SIGHUP, as under nohup; remains of a login no longer have a terminal that would tell. */
  readonly ignoresHangup: boolean;
  /** systemd runs it as a service, or imp keeps it. */
  readonly service: boolean;
}

/** @returns undefined if it has lost neither parent nor leader */
export function standingOf(relations: Relations): Standing | undefined {
  const { kind, parent, ppid } = relations;
  if (kind === "kernel-thread" || kind === "init" || kind === "zombie") return undefined;
  if (!parent && !relations.parentHidden) return ppid === 0 ? "entered" : "unclear";
  if (parent?.role === "init" || parent?.role === "subreaper") return withoutStarter(relations);
  const leaderless = !relations.sessionLed || !relations.groupLed;
  return leaderless && !relations.sharesGroupWithParent ? "leaderless" : undefined;
}

/** Its parent is an adopter. */
function withoutStarter(relations: Relations): Standing {
  const { kind, parent, terminal, sessionLeader, attached, service } = relations;
  // Judged by parent, session and group alone, the remains of a killed shell without a terminal look like a daemon.
  if (kind === "daemon" && (service || !attached)) return "daemon";
  if (kind === "nohup-job") return "left-on-purpose";
  if (sessionLeader && !relations.severed) return terminal ? "terminal" : "left-on-purpose";
  if (relations.ignoresHangup) return "left-on-purpose";
  if (sessionLeader) return "orphan";
  return parent?.adopted ? "orphan" : "unclear";
}
