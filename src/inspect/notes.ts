import type { OpenFile } from "../procfs/fds.ts";
import { disposition } from "./program.ts";
import type { Situation } from "./situation.ts";

/** What happens to a process besides living or dying when its terminal goes, as sentences without full stop. */
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

/** That what looks like the terminal's window is not; undefined where it is. */
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
