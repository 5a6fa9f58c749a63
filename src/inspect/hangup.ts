import { isStopped, type Program, type Situation } from "./situation.ts";
import { named } from "./wording.ts";

/** Signals that may reach a process when its terminal or its shell goes. */
export interface Delivery {
  /** Names without SIG, in the order of arrival. */
  readonly signals: readonly string[];
  readonly certainty: "sure" | "likely" | "unlikely" | "unknown";
  /** Who sends them and why. */
  readonly because: string;
  /** What would keep them from coming, or bring them, and cannot be seen from outside. */
  readonly unless?: string;
}

/** What comes, and what to say when nothing does. */
export interface Deliveries {
  readonly list: readonly Delivery[];
  readonly nothing: string;
}

const DISOWNED = "it was disowned, which cannot be seen from outside";

/**
 * What reaches a process with a controlling terminal when that is closed: a window shut, a connection lost. The kernel
 * itself sends SIGHUP and SIGCONT to the session leader only (tty_ioctl(4), setsid(2)); the rest depends on the shell.
 */
export function whenTerminalCloses(situation: Situation): Deliveries {
  const { facts, leader, managers: [manager] } = situation;
  if (facts.sessionLeader) return one("sure", "the kernel sends SIGHUP to the session leader");
  if (!leader) return one("unknown", "its session leader is outside this PID namespace");
  if (leader.hidden) return one("unknown", "its session leader is hidden from this user");
  const ends = leader.shell !== undefined || leader.hangup === "default";
  if (leader.hangup === "ignored" || !ends) {
    const what = leader.hangup === "ignored" ? "ignores SIGHUP" : "has a handler for SIGHUP";
    return one(
      "unknown",
      `session leader ${named(leader)} ${what}: all depends on what it does then`,
    );
  }
  if (facts.foreground) {
    return one("sure", "the foreground group gets SIGHUP when the session leader ends");
  }
  if (!manager) {
    return { list: [], nothing: "it is in no shell's job table, and not in the foreground" };
  }
  const nested = manager.pid !== leader.pid;
  return {
    list: [...closedTo(manager, nested, isStopped(facts)), ...orphaned(situation, manager)],
    nothing: `${named(manager)} passes SIGHUP on to no job`,
  };
}

/** What reaches a process when the user leaves the shell that manages it by `exit`, `logout` or Ctrl-D. */
export function whenShellExits(situation: Situation, manager: Program): Deliveries {
  const stopped = isStopped(situation.facts);
  return {
    list: [...exitOf(manager, stopped), ...orphaned(situation, manager)],
    nothing: `${named(manager)} leaves running jobs alone${
      manager.shell === "bash" ? ": it is no login shell, so huponexit does not count" : ""
    }`,
  };
}

/** What a shell does to a job when it loses its terminal. Measured: bash 5.2, zsh 5.9, dash 0.5.12. */
function closedTo(manager: Program, nested: boolean, stopped: boolean): Delivery[] {
  const passesOn = `${named(manager)} passes SIGHUP on to its jobs`;
  if (!manager.interactive) return notAShell(manager);
  switch (manager.shell) {
    case "bash":
      if (nested) {
        const because = `${named(manager)}, a shell inside a shell, passes SIGHUP on, ` +
          "or reads the end of its terminal first and then does not";
        return [{ signals: ["HUP"], certainty: "unknown", because }];
      }
      return [
        { signals: ["HUP"], certainty: "likely", because: passesOn, unless: DISOWNED },
        ...(stopped ? [terminated(manager)] : []),
      ];
    case "zsh":
      return [{ signals: ["HUP"], certainty: "likely", because: passesOn, unless: DISOWNED_ZSH }];
    case "dash":
      return [];
    default:
      return unmeasured(manager);
  }
}

const DISOWNED_ZSH = `${DISOWNED}, or the option NO_HUP is set`;

/** What a shell does to a job when it is left. */
function exitOf(manager: Program, stopped: boolean): Delivery[] {
  if (!manager.interactive) return notAShell(manager);
  switch (manager.shell) {
    case "bash":
      if (stopped) return [terminated(manager)];
      if (!manager.login) return [];
      return [{
        signals: ["HUP"],
        certainty: "unlikely",
        because: `${named(manager)} is a login shell and leaves running jobs alone`,
        unless: "its option huponexit is set, which cannot be seen from outside",
      }];
    case "zsh":
      return [{
        signals: ["HUP"],
        certainty: "likely",
        because: `${named(manager)} warns of its jobs and sends them SIGHUP at the second exit`,
        unless: DISOWNED_ZSH,
      }];
    case "dash":
      return [];
    default:
      return unmeasured(manager);
  }
}

/** bash ends its stopped jobs when it goes, whatever they do about SIGHUP. */
function terminated(manager: Program): Delivery {
  return {
    signals: ["TERM"],
    certainty: "likely",
    because: `${named(manager)} sends SIGTERM and SIGCONT to its stopped jobs`,
    unless: DISOWNED,
  };
}

/**
 * A group whose manager ends is orphaned. When it has a stopped member the kernel sends it SIGHUP and SIGCONT, because
 * nobody could ever continue it: setpgid(2).
 */
function orphaned({ facts }: Situation, manager: Program): Delivery[] {
  if (!isStopped(facts)) return [];
  const because = `once ${named(manager)} has ended, the kernel sends SIGHUP and SIGCONT ` +
    "to its stopped, orphaned group";
  return [{ signals: ["HUP"], certainty: manager.shell ? "sure" : "likely", because }];
}

/** A script, or a program like timeout(1) that has made a group of its own. */
function notAShell(manager: Program): Delivery[] {
  if (manager.hangup !== "caught") return [];
  const because = `${named(manager)} has a handler for SIGHUP, which may pass it on`;
  return [{ signals: ["HUP"], certainty: "unknown", because }];
}

function unmeasured(manager: Program): Delivery[] {
  const because = `what ${named(manager)} does to its jobs then is not known to imp`;
  return [{ signals: ["HUP"], certainty: "unknown", because }];
}

function one(certainty: Delivery["certainty"], because: string): Deliveries {
  return { list: [{ signals: ["HUP"], certainty, because }], nothing: because };
}
