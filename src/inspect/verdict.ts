import { isZombie } from "../procfs/stat.ts";
import { BLOCKING_KEEPERS, endingCommand } from "./around.ts";
import type { ProcessFacts } from "./facts.ts";
import {
  whenGroupShellExits,
  whenInputEnds,
  whenShellExits,
  whenTerminalCloses,
} from "./hangup.ts";
import { isWaiterName } from "./kept.ts";
import { named } from "./kind.ts";
import { unitOf } from "./logind.ts";
import { better, multiplexerAround, notesOn, outcome, type Survival, worse } from "./outcome.ts";
import { disposition } from "./program.ts";
import { isInteractiveShell, isStoppedProcess, type Situation } from "./situation.ts";

export interface SurvivalVerdict {
  /** The terminal is closed: its window is shut, its connection lost. */
  readonly closing: Survival;
  /** The shell is left by `exit`. */
  readonly exit: Survival;
  /** The user logs out. */
  readonly logout: Survival;
  /** What else happens then, as sentences without a full stop. */
  readonly notes: readonly string[];
}

/** What a process may or may not survive. */
type Question = (situation: Situation) => Survival;

/** @returns undefined for a zombie: it has ended already */
export function verdictOf(situation: Situation): SurvivalVerdict | undefined {
  if (isZombie(situation.facts)) return undefined;
  return {
    closing: closing(situation),
    exit: exit(situation),
    logout: logout(situation),
    notes: notesOn(situation),
  };
}

const closing: Question = (situation) => withOthers(situation, spared(ownClosing), closing);
const exit: Question = (situation) => withOthers(situation, spared(ownExit), exit);
const logout: Question = (situation) => withOthers(situation, ownLogout, logout);

/** A terminal held by the keepers of a daemon is not a window that somebody closes, and belongs to no login. */
function spared(own: Question): Question {
  return (situation) => {
    const { keeper } = situation;
    if (keeper === null || !isHeldByWaiter(situation)) return own(situation);
    return {
      answer: "yes",
      reason: `${named(keeper)} holds its terminal, and imp attach only looks in`,
    };
  };
}

function isHeldByWaiter({ facts, keeper }: Situation): boolean {
  return facts.tty !== null && keeper !== null && isWaiterName(keeper.comm);
}

/** Nothing survives the end of those that take it along. */
function withOthers(situation: Situation, own: Question, theirs: Question): Survival {
  const { imp, init } = situation.around;
  let answer = own(situation);
  if (imp) {
    const { reason, ...fate } = theirs(imp);
    const told = `it ends with ${named(imp.facts)}: ${reason}`;
    answer = worse(answer, { ...fate, reason: told });
  }
  if (init) {
    const { reason, ...fate } = theirs(init);
    const told = `it ends with ${named(init.facts)}, PID 1 of its PID namespace: ${reason}`;
    answer = worse(answer, { ...fate, reason: told });
  }
  return answer;
}

function ownClosing(situation: Situation): Survival {
  const { facts, leader, around } = situation;
  if (facts.tty === null) return { answer: "yes", reason: noHangup(facts) };
  if (around.keeper) return withKeeper(situation, around.keeper);
  const hungUp = whenHungUp(situation);
  // PID 0 is invisible: docker and the like hold the terminal from outside, even when the client goes.
  if (leader === null || leader.hidden || leader.ppid !== 0 || hungUp.answer === "yes") {
    return hungUp;
  }
  const condition = "who holds its terminal, outside this PID namespace, keeps it open";
  return {
    answer: "depends",
    dependsOn: [condition],
    reason: `depends on whether ${condition}; if not, ${hungUp.reason}`,
  };
}

/** Its own terminal is hung up. */
function whenHungUp(situation: Situation, relayed = false): Survival {
  const { facts } = situation;
  // Whatever its handler for SIGHUP does, there is nothing left for it to read.
  if (isInteractiveShell(facts)) {
    return { answer: "no", reason: "a shell ends when it has lost its terminal" };
  }
  return outcome(bearing(facts), whenTerminalCloses(situation, relayed));
}

/** imp blocks or catches SIGHUP, and on it ends in its own way. */
function bearing(facts: ProcessFacts): ProcessFacts {
  if (!endingCommand(facts)) return facts;
  return { ...facts, signals: { ...facts.signals, blocked: [], caught: [] } };
}

/** The window that is closed is that of the process that holds its terminal. */
function withKeeper(situation: Situation, keeper: Situation): Survival {
  const holder = named(keeper.facts);
  if (goesOn(keeper.facts)) return besideOpenTerminal(situation, holder);
  // sudo passes SIGHUP on to what it has started on a terminal of its own.
  const relays = keeper.facts.comm === "sudo";
  const fate = relays ? whenHungUp(keeper) : closing(keeper);
  const spared = { ...fate, reason: `${holder} holds its terminal open: ${fate.reason}` };
  const hungUp = whenHungUp(situation, relays);
  const told = { ...hungUp, reason: `${holder} ends, which closes its terminal: ${hungUp.reason}` };
  // A handler of sudo's decides nothing.
  if (relays && !fate.likely && fate.answer === "depends") return told;
  return better(told, spared);
}

/** When their own terminal is gone, they type one Ctrl-D and go on. */
function goesOn({ comm, signals }: ProcessFacts): boolean {
  return BLOCKING_KEEPERS.includes(comm) && disposition(signals, "HUP") === "blocked";
}

function besideOpenTerminal(situation: Situation, holder: string): Survival {
  const { facts, managers: [manager], groupShell } = situation;
  const story = `${holder} blocks SIGHUP and keeps its terminal open`;
  if (isInteractiveShell(facts)) {
    return { answer: "depends", reason: `${story}, but its input ends` };
  }
  if (facts.sessionLeader || facts.foreground && !groupShell || !manager) {
    return { answer: "yes", reason: story };
  }
  const after = groupShell
    ? whenGroupShellExits(groupShell, situation.leader)
    : whenInputEnds(manager, isStoppedProcess(facts));
  const answer = outcome(facts, after);
  return { ...answer, reason: `${answer.reason} (${story})` };
}

function ownExit(situation: Situation): Survival {
  const { facts, leader, managers: [manager], groupShell, around } = situation;
  if (facts.tty === null) {
    return { answer: "yes", reason: "a shell signals only the jobs on its terminal" };
  }
  if (isInteractiveShell(facts)) {
    return { answer: "no", reason: "it is the shell that is left" };
  }
  if (groupShell) return outcome(facts, whenGroupShellExits(groupShell, leader));
  if (facts.sessionLeader) return leaderExit(situation);
  if (!manager && (!leader || leader.hidden)) {
    const where = leader ? "hidden from this user" : "outside this PID namespace";
    return { answer: "depends", reason: `its session leader is ${where}` };
  }
  if (facts.foreground) {
    const reason = "the shell waits for it: exit can be typed once it has ended, or was moved to " +
      "the background by Ctrl-Z and bg";
    return { answer: "depends", reason };
  }
  if (!manager) {
    const reason =
      "no shell has it in its job table, and the kernel signals the foreground group only";
    return { answer: "yes", reason };
  }
  const above = around.manager && exit(around.manager);
  // A manager that survives has nothing to pass on.
  if (above && (above.answer === "yes" || above.likely === "yes")) {
    return { ...above, reason: `${named(manager)}, which manages it, goes on: ${above.reason}` };
  }
  return outcome(bearing(facts), whenShellExits(situation, manager));
}

/** No shell leads its session; one may lead the session of the process that opened its terminal. */
function leaderExit({ facts, around: { keeper } }: Situation): Survival {
  const reason = "no shell leads its session: it ends when it ends itself";
  if (!keeper) return { answer: "depends", reason };
  const fate = exit(keeper);
  if (fate.answer === "no") {
    const because = `${named(keeper.facts)} ends, which closes its terminal`;
    const list = [{ signals: ["HUP"], certainty: "sure" as const, because }];
    return outcome(facts, { list, nothing: because });
  }
  return { ...fate, reason: `${named(keeper.facts)} holds its terminal: ${fate.reason}` };
}

/** Leaving the login shell, and then what systemd-logind does. */
function ownLogout(situation: Situation): Survival {
  const { facts, logout } = situation;
  const unit = unitOf(facts.cgroup);
  const before = beforeLogind(situation);
  if (!logout.systemd || !unit || unit.of === "system" || before.answer === "no") return before;
  if (unit.of === "user") {
    if (logout.lingers) return { answer: "yes", reason: `${unit.name} goes on: the user lingers` };
    const reason =
      `${unit.name} belongs to the user's service manager, which ends after the user's ` +
      "last logout (loginctl enable-linger keeps it)";
    return { answer: "depends", likely: "no", reason };
  }
  if (logout.kills) {
    const reason = `KillUserProcesses is on: systemd-logind kills all that is left of ${unit.name}`;
    return { answer: "no", reason };
  }
  if (logout.kills === undefined) {
    const reason = `it is in ${unit.name}; whether KillUserProcesses is on could not be read`;
    return { answer: "depends", reason };
  }
  return { ...before, reason: `${before.reason}; KillUserProcesses is off for this user` };
}

function beforeLogind(situation: Situation): Survival {
  const { facts } = situation;
  if (facts.tty === null) return { answer: "yes", reason: "it belongs to no terminal's session" };
  const multiplexer = multiplexerAround(situation);
  if (multiplexer) {
    const reason = `its terminal belongs to ${multiplexer}, which goes on without a user: only a ` +
      "pane that is closed takes it along";
    return { answer: "yes", reason };
  }
  if (isHeldByWaiter(situation)) {
    return { answer: "yes", reason: "its terminal is not that of a login" };
  }
  // One can only log out from under a foreground job by losing the connection.
  if (facts.foreground) return { ...ownClosing(situation), reason: "as closing the terminal" };
  return { ...ownExit(situation), reason: "as leaving the shell" };
}

function noHangup({ sessionLeader, kernelThread, pid }: ProcessFacts): string {
  if (kernelThread) return "the kernel's threads belong to no terminal";
  if (pid === 1) return "init belongs to no terminal";
  if (sessionLeader) return "its session has no terminal, so no hangup reaches it";
  return "it has no controlling terminal, so no hangup reaches it";
}
