// Pure: what those who are attached to a terminal are told of its program.

/** What the records of a daemon say now. */
export interface TerminalStory {
  readonly name: string;
  /** Of its main process; undefined while there is none. */
  readonly pid?: number;
  /** How its last run has ended: `ended with an error (exit 1)`. */
  readonly lastEnd?: { readonly at: number; readonly text: string };
  /** What follows: `next start in 2s`. */
  readonly next?: string;
}

/** What is to be told after what was told before; undefined: nothing is new. */
export function newsOf(before: TerminalStory, now: TerminalStory): string | undefined {
  const parts: string[] = [];
  const ended = now.lastEnd && now.lastEnd.at !== before.lastEnd?.at;
  if (ended) parts.push(now.lastEnd!.text);
  if (now.pid !== undefined && now.pid !== before.pid) parts.push(`started again, pid ${now.pid}`);
  else if (now.next !== undefined && (ended || now.next !== before.next)) parts.push(now.next);
  return parts.length === 0 ? undefined : `${now.name} ${parts.join("; ")}`;
}
