import type { OpenFile } from "../procfs/fds.ts";
import { disposition, type Situation } from "./situation.ts";

/** What happens to a process besides living or dying when its terminal goes, as sentences without full stop. */
export function notesOn({ facts, keeper }: Situation): string[] {
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
  const multiplexer = facts.tty !== null && keeper ? multiplexerOf(keeper.comm) : undefined;
  if (multiplexer) {
    notes.push(
      `the terminal is one of ${multiplexer}'s: closing its window only detaches, and closes nothing`,
    );
  }
  return notes;
}

/** tmux or screen, by the name of the process that started the session leader. */
export function multiplexerOf(comm: string): string | undefined {
  if (comm.startsWith("tmux")) return "tmux";
  return /^screen$/i.test(comm) ? "screen" : undefined;
}

function list(files: readonly OpenFile[]): string {
  const names = files.map(({ fd }) => ["stdin", "stdout", "stderr"][fd]);
  return names.length < 3 ? names.join(" and ") : "stdin, stdout and stderr";
}
