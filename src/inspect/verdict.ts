import type { ProcessFacts } from "./facts.ts";
import { type Deliveries, type Delivery, whenShellExits, whenTerminalCloses } from "./hangup.ts";
import { isZombie } from "./kind.ts";
import { unitOf } from "./logind.ts";
import { multiplexerOf, notesOn } from "./notes.ts";
import { disposition, isInteractiveShell, type Situation } from "./situation.ts";

/** Whether a process survives something. */
export interface Answer {
  readonly answer: "yes" | "no" | "depends";
  /** Of `depends`: how it goes when nothing out of the ordinary was done. */
  readonly likely?: "yes" | "no";
  readonly reason: string;
}

export interface Verdict {
  /** The terminal is closed: its window is shut, its connection lost. */
  readonly closing: Answer;
  /** The shell is left by `exit`. */
  readonly exit: Answer;
  /** The user logs out. */
  readonly logout: Answer;
  /** What else happens then, as sentences without full stop. */
  readonly notes: readonly string[];
}

/** @returns undefined for a zombie: it has ended already */
export function verdictOf(situation: Situation): Verdict | undefined {
  const { facts } = situation;
  if (isZombie(facts)) return undefined;
  const closing = closingTerminal(situation);
  const exit = leavingShell(situation);
  const logout = loggingOut(situation, closing, exit);
  return { closing, exit, logout, notes: notesOn(situation) };
}

function closingTerminal(situation: Situation): Answer {
  const { facts } = situation;
  if (facts.tty === null) return { answer: "yes", reason: noHangup(facts) };
  // Whatever its handler for SIGHUP does, there is nothing left for it to read.
  if (isInteractiveShell(facts)) {
    return { answer: "no", reason: "a shell ends when it has lost its terminal" };
  }
  return outcome(facts, whenTerminalCloses(situation));
}

function leavingShell(situation: Situation): Answer {
  const { facts, leader, managers: [manager] } = situation;
  if (facts.tty === null) {
    return { answer: "yes", reason: "a shell signals only the jobs on its terminal" };
  }
  if (isInteractiveShell(facts)) {
    return { answer: "no", reason: "it is the shell that is left" };
  }
  if (facts.sessionLeader) {
    return { answer: "depends", reason: "no shell leads its session: it ends when it ends itself" };
  }
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
  return outcome(facts, whenShellExits(situation, manager));
}

/** Leaving the login shell, and then what systemd-logind does. */
function loggingOut(situation: Situation, closing: Answer, exit: Answer): Answer {
  const { facts, logout } = situation;
  const unit = unitOf(facts.cgroup);
  const before = beforeLogind(situation, closing, exit);
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

function beforeLogind({ facts, keeper }: Situation, closing: Answer, exit: Answer): Answer {
  if (facts.tty === null) return { answer: "yes", reason: "it belongs to no terminal's session" };
  const multiplexer = keeper && multiplexerOf(keeper.comm);
  if (multiplexer) {
    const reason = `its terminal belongs to ${multiplexer}, which goes on without a user: only a ` +
      "pane that is closed takes it along";
    return { answer: "yes", reason };
  }
  // One can only log out from under a foreground job by losing the connection.
  if (facts.foreground) return { ...closing, reason: "as closing the terminal" };
  return { ...exit, reason: "as leaving the shell" };
}

function noHangup({ sessionLeader, kernelThread, pid }: ProcessFacts): string {
  if (kernelThread) return "the kernel's threads belong to no terminal";
  if (pid === 1) return "init belongs to no terminal";
  if (sessionLeader) return "its session has no terminal, so no hangup reaches it";
  return "it has no controlling terminal, so no hangup reaches it";
}

type Effect = "ends" | "handler" | "waits" | "nothing";

/** The worst that may happen to the process. */
function outcome(facts: ProcessFacts, { list, nothing }: Deliveries): Answer {
  const effects = list.map((delivery) => ({ delivery, ...effectOf(facts, delivery) }));
  const first = (effect: Effect, ...certain: Delivery["certainty"][]) =>
    effects.find((one) => one.effect === effect && certain.includes(one.delivery.certainty));
  const dead = first("ends", "sure");
  if (dead) return { answer: "no", reason: told(dead.delivery, "and that ends it") };
  const dying = first("ends", "likely");
  if (dying) {
    return { answer: "depends", likely: "no", reason: told(dying.delivery, "and that ends it") };
  }
  const handled = first("handler", "sure", "likely");
  if (handled) {
    const reason = told(
      handled.delivery,
      `and its handler for SIG${handled.signal} decides`,
    );
    return { answer: "depends", reason };
  }
  const waiting = first("waits", "sure", "likely");
  if (waiting) {
    const reason = told(
      waiting.delivery,
      `but it blocks SIG${waiting.signal}, which waits until it does not`,
    );
    return { answer: "depends", reason };
  }
  const open = effects.find((one) => one.effect !== "nothing");
  if (!open) return { answer: "yes", reason: survived(effects[0]?.delivery, nothing) };
  const likely = open.delivery.certainty === "unlikely" ? { likely: "yes" as const } : {};
  return { answer: "depends", ...likely, reason: told(open.delivery) };
}

function survived(delivery: Delivery | undefined, nothing: string): string {
  if (!delivery) return nothing;
  return `it ignores SIG${delivery.signals.join(" and SIG")} (${delivery.because})`;
}

function told({ because, unless }: Delivery, then?: string): string {
  return [because, then, unless && `unless ${unless}`].filter(Boolean).join(", ");
}

function effectOf(
  { signals }: ProcessFacts,
  delivery: Delivery,
): { effect: Effect; signal: string } {
  const order = {
    default: "ends",
    caught: "handler",
    blocked: "waits",
    ignored: "nothing",
  } as const;
  const all = delivery.signals.map((signal) => ({
    effect: order[disposition(signals, signal)],
    signal,
  }));
  const rank: Effect[] = ["ends", "handler", "waits", "nothing"];
  return all.sort((a, b) => rank.indexOf(a.effect) - rank.indexOf(b.effect))[0];
}
