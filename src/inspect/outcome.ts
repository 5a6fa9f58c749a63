import type { ProcessFacts } from "./facts.ts";
import type { Deliveries, Delivery } from "./hangup.ts";
import { disposition } from "./program.ts";
import type { OpenFile } from "../procfs/fds.ts";
import type { Situation } from "./situation.ts";

/** Whether a process survives something. */
export interface Survival {
  readonly answer: "yes" | "no" | "depends";
  /** For `depends`: what happens if nothing unusual was done. */
  readonly likely?: "yes" | "no";
  /** What decides and cannot be read from outside; each is put after `whether`. */
  readonly dependsOn?: readonly string[];
  readonly reason: string;
}

type Effect = "ends" | "handler" | "waits" | "nothing";

interface Reached {
  readonly delivery: Delivery;
  readonly effect: Effect;
  /** Which of the signals causes it. */
  readonly signal: string;
}

/** From the worst answer to the best. */
const RANKS = ["no", "likely no", "depends", "likely yes", "yes"];

/** `likely no` is a `depends` that leans. */
export function answerWord({ answer, likely }: Survival): string {
  return likely ? `likely ${likely}` : answer;
}

/** The worse of two answers; the first if they are equal. */
export function worse(a: Survival, b: Survival): Survival {
  return rank(b) < rank(a) ? b : a;
}

/** The better of two answers; the first if they are equal. */
export function better(a: Survival, b: Survival): Survival {
  return rank(b) > rank(a) ? b : a;
}

function rank(answer: Survival): number {
  return RANKS.indexOf(answerWord(answer));
}

/** The worst that may happen to a process to which signals are sent. */
export function outcome(facts: ProcessFacts, { list, nothing }: Deliveries): Survival {
  const reached = list.map((delivery) => ({ delivery, ...effectOf(facts, delivery) }));
  const first = (effect: Effect, ...certain: Delivery["certainty"][]) =>
    reached.find((one) => one.effect === effect && certain.includes(one.delivery.certainty));
  const dead = first("ends", "sure");
  if (dead) return { answer: "no", reason: `${dead.delivery.because}, and that ends it` };
  const dying = first("ends", "likely");
  if (dying) return leaning("no", dying.delivery, "and that ends it");
  const handled = first("handler", "sure", "likely");
  if (handled) return open(handled, `and its handler for SIG${handled.signal} decides`);
  const waiting = first("waits", "sure", "likely");
  if (waiting) {
    return open(waiting, `but it blocks SIG${waiting.signal}, which waits until it does not`);
  }
  const unknown = reached.find((one) =>
    one.effect !== "nothing" && one.delivery.certainty === "unknown"
  );
  if (unknown) return open(unknown);
  const unlikely = reached.filter((one) => one.effect !== "nothing");
  const reason = survived(reached.find((one) => !unlikely.includes(one))?.delivery, nothing);
  if (unlikely.length === 0) return { answer: "yes", reason };
  const dependsOn = unlikely.flatMap(({ delivery }) => delivery.dependsOn ?? []);
  return {
    answer: "depends",
    likely: "yes",
    dependsOn,
    reason: hangingOn(dependsOn, unlikely[0].delivery.because || reason),
  };
}

function leaning(likely: "no", { because, dependsOn = [] }: Delivery, then: string): Survival {
  return {
    answer: "depends",
    likely,
    dependsOn,
    reason: hangingOn(dependsOn, `${because}, ${then}`),
  };
}

function open({ delivery: { because, dependsOn = [] } }: Reached, then?: string): Survival {
  const story = then ? `${because}, ${then}` : because;
  return {
    answer: "depends",
    ...(dependsOn.length ? { dependsOn } : {}),
    reason: hangingOn(dependsOn, story),
  };
}

/** The deciding conditions come first: the rest is only what happens if none of them holds. */
function hangingOn(conditions: readonly string[], otherwise: string): string {
  if (conditions.length === 0) return otherwise;
  const list = conditions.length === 1
    ? conditions[0]
    : `${conditions.slice(0, -1).join(", ")} or ${conditions.at(-1)}`;
  return `depends on whether ${list}, which cannot be seen from outside; if not, ${otherwise}`;
}

function survived(delivery: Delivery | undefined, nothing: string): string {
  if (!delivery) return nothing;
  return `it ignores SIG${delivery.signals.join(" and SIG")} (${delivery.because})`;
}

const EFFECTS = {
  default: "ends",
  caught: "handler",
  blocked: "waits",
  ignored: "nothing",
} as const;

function effectOf(facts: ProcessFacts, delivery: Delivery): Omit<Reached, "delivery"> {
  const { signals, namespacePids } = facts;
  // The kernel withholds from PID 1 of a namespace any signal for which it has no handler.
  const shielded = namespacePids.at(-1) === 1;
  const all = delivery.signals.map((signal) => {
    const effect = EFFECTS[disposition(signals, signal)];
    return { effect: shielded && effect === "ends" ? "nothing" as const : effect, signal };
  });
  const order: Effect[] = ["ends", "handler", "waits", "nothing"];
  return all.sort((a, b) => order.indexOf(a.effect) - order.indexOf(b.effect))[0];
}

/** What else happens to a process when its terminal goes away, as sentences without a full stop. */
export function notesOn(situation: Situation): string[] {
  const { facts } = situation;
  const standard = facts.fds.filter(({ fd }) => fd <= 2);
  const terminals = standard.filter(({ kind }) => kind === "terminal");
  const notes: string[] = [];
  const gone = terminals.filter(({ deleted }) => deleted);
  if (gone.length) {
    notes.push(`its terminal is gone: using ${list(gone)} fails with EIO`);
  } else if (terminals.some(({ fd }) => fd > 0)) {
    const outputs = terminals.filter(({ fd }) => fd > 0);
    notes.push(`once the terminal is gone, writing to ${list(outputs)} fails with EIO`);
  } else if (terminals.length) {
    notes.push("once the terminal is gone, stdin is at its end (EOF, EIO)");
  }
  const pipes = standard.filter(({ fd, kind }) => fd > 0 && kind === "pipe");
  if (facts.tty !== null && pipes.length && disposition(facts.signals, "PIPE") === "default") {
    notes.push(`${list(pipes)} is a pipe: writing when its reader has ended raises SIGPIPE`);
  }
  const multiplexer = multiplexerNote(situation);
  return multiplexer === undefined ? notes : [...notes, multiplexer];
}

/** That the apparent window of the terminal is not its real one; undefined if it is. */
export function multiplexerNote(situation: Situation): string | undefined {
  const multiplexer = multiplexerAround(situation);
  return multiplexer &&
    `the terminal is one of ${multiplexer}'s: closing its window only detaches, and closes nothing`;
}

/** tmux or screen, if the terminal is one of theirs, or was opened by a program on one of theirs. */
export function multiplexerAround(situation: Situation): string | undefined {
  if (situation.facts.tty === null) return undefined;
  let outermost = situation;
  while (outermost.around.keeper) outermost = outermost.around.keeper;
  return outermost.keeper ? multiplexerOf(outermost.keeper.comm) : undefined;
}

/** By the name of the process that started the session leader. */
function multiplexerOf(comm: string): string | undefined {
  if (comm.startsWith("tmux")) return "tmux";
  return /^screen$/i.test(comm) ? "screen" : undefined;
}

function list(files: readonly OpenFile[]): string {
  const names = files.map(({ fd }) => ["stdin", "stdout", "stderr"][fd]);
  return names.length < 3 ? names.join(" and ") : "stdin, stdout and stderr";
}
