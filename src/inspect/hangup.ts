import type { ProcessSummary } from "./program.ts";
import { isStoppedProcess, type Situation } from "./situation.ts";
import { named } from "./kind.ts";

/** Signals that may reach a process when its terminal or its shell goes away. */
export interface Delivery {
  /** Names without SIG, in the order of arrival. */
  readonly signals: readonly string[];
  readonly certainty: "sure" | "likely" | "unlikely" | "unknown";
  /** Who sends them and why; for `unlikely`: what happens instead, empty if the rest says so. */
  readonly because: string;
  /** What would keep a likely one from coming, or cause an unlikely one, and cannot be read from outside. */
  readonly dependsOn?: readonly string[];
}

/** What arrives, and what to say if nothing does. */
export interface Deliveries {
  readonly list: readonly Delivery[];
  readonly nothing: string;
}

/**
 * What reaches a process when its controlling terminal is hung up. The kernel itself sends SIGHUP and SIGCONT only to
 * the session leader (tty_ioctl(4), setsid(2)); the rest depends on the shell.
 * @param relayed a leader with a handler is known to pass SIGHUP on and to end
 */
export function whenTerminalCloses(situation: Situation, relayed: boolean): Deliveries {
  const { facts, leader, managers: [manager], groupShell } = situation;
  if (facts.sessionLeader) return one("sure", "the kernel sends SIGHUP to the session leader");
  if (!leader) return one("unknown", "its session leader is outside this PID namespace");
  if (leader.hidden) return one("unknown", "its session leader is hidden from this user");
  if (leader.interactive && leader.hangup === "ignored") return readingTheEnd(situation, leader);
  const ends = leader.shell !== undefined || leader.hangup === "default" || relayed;
  if (leader.hangup === "ignored" || !ends) {
    const what = leader.hangup === "ignored" ? "ignores SIGHUP" : "has a handler for SIGHUP";
    return one(
      "unknown",
      `session leader ${named(leader)} ${what}: all depends on what it does then`,
    );
  }
  if (facts.foreground || groupShell) {
    return one("sure", "the foreground group gets SIGHUP when the session leader ends");
  }
  if (!manager) {
    return { list: [], nothing: "it is in no shell's job table, and not in the foreground" };
  }
  if (relayed && manager.pid === leader.pid) {
    return one("likely", `${named(manager)} passes SIGHUP on to its command`);
  }
  const nested = manager.pid !== leader.pid;
  return {
    list: [...closedTo(manager, nested, isStoppedProcess(facts)), ...orphaned(situation, manager)],
    nothing: `${named(manager)} passes SIGHUP on to no job`,
  };
}

/** What reaches a process when the user leaves the shell that manages it with `exit`, `logout` or Ctrl-D. */
export function whenShellExits(situation: Situation, manager: ProcessSummary): Deliveries {
  const stopped = isStoppedProcess(situation.facts);
  const plain = manager.shell === "bash" && !manager.login;
  return {
    list: [...exitOf(manager, stopped), ...orphaned(situation, manager)],
    nothing: `${named(manager)} leaves running jobs alone${
      plain ? ": it is not a login shell, so huponexit has no effect" : ""
    }`,
  };
}

/** For a process in the shell's own group: what `set +m` and process substitutions of bash start. */
export function whenGroupShellExits(
  shell: ProcessSummary,
  leader: ProcessSummary | null,
): Deliveries {
  if (shell.pid === leader?.pid) {
    return one(
      "sure",
      `it is in the process group of ${named(shell)} itself, which gets SIGHUP when that ends`,
    );
  }
  return {
    list: [trapped(shell)],
    nothing: `it is in the process group of ${named(shell)}, to which no signal is sent then`,
  };
}

/** What a shell does to a job when it reads one end of input, while its terminal still exists. Measured as well. */
export function whenInputEnds(manager: ProcessSummary, stopped: boolean): Deliveries {
  const nothing = `${named(manager)} reads the end of its input, and sends its jobs nothing`;
  // These warn about jobs first, and do not read a second end of input.
  if (!manager.interactive || manager.shell === "zsh" || stopped) return { list: [], nothing };
  return { list: exitOf(manager, stopped), nothing };
}

/** What a shell does to a job when it loses its terminal. Measured: bash 5.2, zsh 5.9, dash 0.5.12. */
function closedTo(manager: ProcessSummary, nested: boolean, stopped: boolean): Delivery[] {
  const because = `${named(manager)} passes SIGHUP on to its jobs`;
  if (!manager.interactive) return notAShell(manager);
  switch (manager.shell) {
    case "bash":
      if (nested) {
        const because = `${named(manager)}, a shell inside a shell, passes SIGHUP on, ` +
          "or reads the end of its terminal first and then does not";
        return [{ signals: ["HUP"], certainty: "unknown", because }];
      }
      return [
        {
          signals: ["HUP"],
          certainty: "likely",
          because,
          dependsOn: [...noJobOf(manager), "bash has a trap for SIGHUP"],
        },
        ...(stopped ? [terminated(manager)] : []),
        trapped(manager),
      ];
    case "zsh":
      return [
        {
          signals: ["HUP"],
          certainty: "likely",
          because,
          dependsOn: [...noJobOf(manager), "NO_HUP is set"],
        },
        trapped(manager),
      ];
    case "dash":
      // With its default action, SIGHUP ends dash before it looks at any trap.
      return manager.hangup === "caught" ? [trapped(manager)] : [];
    default:
      return unmeasured(manager);
  }
}

/** What a shell does to a job when the user leaves it. */
function exitOf(manager: ProcessSummary, stopped: boolean): Delivery[] {
  if (!manager.interactive) return notAShell(manager);
  switch (manager.shell) {
    case "bash":
      if (stopped) return [terminated(manager)];
      return [...(manager.login ? [hungUpOnExit(manager)] : []), trapped(manager)];
    case "zsh":
      return [{
        signals: ["HUP"],
        certainty: "likely",
        because: `${named(manager)} warns of its jobs and sends them SIGHUP at the second exit`,
        dependsOn: [...noJobOf(manager), "NO_HUP is set"],
      }, trapped(manager)];
    case "dash":
      return [trapped(manager)];
    default:
      return unmeasured(manager);
  }
}

/** Ways in which a descendant of a shell can be missing from its job table. */
function noJobOf({ shell, comm }: ProcessSummary): string[] {
  return [
    "it was disowned",
    ...(shell === "zsh" ? ["it is a process substitution"] : []),
    `exec has put ${comm} in the place of the shell that started it`,
  ];
}

function hungUpOnExit(manager: ProcessSummary): Delivery {
  return {
    signals: ["HUP"],
    certainty: "unlikely",
    because: `${named(manager)}, a login shell, leaves running jobs alone`,
    dependsOn: ["huponexit is set"],
  };
}

/** As with `trap 'kill $(jobs -p)' EXIT`; no process is safe from SIGKILL. */
function trapped({ comm }: ProcessSummary): Delivery {
  return {
    signals: ["KILL"],
    certainty: "unlikely",
    because: "",
    dependsOn: [`a trap of ${comm} on EXIT ends it`],
  };
}

/** bash ends its stopped jobs when it exits, whatever they do about SIGHUP. */
function terminated(manager: ProcessSummary): Delivery {
  return {
    signals: ["TERM"],
    certainty: "likely",
    because: `${named(manager)} sends SIGTERM and SIGCONT to its stopped jobs`,
    dependsOn: noJobOf(manager),
  };
}

/**
 * A group whose manager ends is orphaned. If it has a stopped member, the kernel sends it SIGHUP and SIGCONT, because
 * nobody could ever continue it: setpgid(2).
 */
function orphaned({ facts }: Situation, manager: ProcessSummary): Delivery[] {
  if (!isStoppedProcess(facts)) return [];
  const because = `once ${named(manager)} has ended, the kernel sends SIGHUP and SIGCONT ` +
    "to its stopped, orphaned group";
  return [{ signals: ["HUP"], certainty: manager.shell ? "sure" : "likely", because }];
}

/** An interactive shell that ignores SIGHUP reads the end of its input once nothing is in the foreground any more. */
function readingTheEnd(situation: Situation, leader: ProcessSummary): Deliveries {
  const { facts, managers: [manager], groupShell } = situation;
  const nothing = `${named(leader)} ignores SIGHUP`;
  if (groupShell?.pid === leader.pid) return whenGroupShellExits(groupShell, leader);
  if (facts.foreground) return { list: [], nothing: `${nothing} and waits for it` };
  if (!manager) return { list: [], nothing };
  return whenShellExits(situation, manager);
}

/** A script, or a program like timeout(1) that has made a group of its own. */
function notAShell(manager: ProcessSummary): Delivery[] {
  if (manager.hangup !== "caught") return [];
  const because = `${named(manager)} has a handler for SIGHUP, which may pass it on`;
  return [{ signals: ["HUP"], certainty: "unknown", because }];
}

function unmeasured(manager: ProcessSummary): Delivery[] {
  const because = `what ${named(manager)} does to its jobs then is not known to imp`;
  return [{ signals: ["HUP"], certainty: "unknown", because }];
}

function one(certainty: Delivery["certainty"], because: string): Deliveries {
  return { list: [{ signals: ["HUP"], certainty, because }], nothing: because };
}
