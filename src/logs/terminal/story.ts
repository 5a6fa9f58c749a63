// Pure: what attached clients are told about the program.

/** A daemon's records, summarised. */
export interface TerminalStory {
  readonly name: string;
  /** Of its main process; undefined if there is none. */
  readonly pid?: number;
  /** How its last run ended: `ended with an error (exit 1)`. */
  readonly lastEnd?: { readonly at: number; readonly text: string };
  /** What comes next: `next start in 2s`. */
  readonly next?: string;
}

/** What to report after the previous report; undefined: nothing new. */
export function newsOf(before: TerminalStory, now: TerminalStory): string | undefined {
  const parts: string[] = [];
  const ended = now.lastEnd && now.lastEnd.at !== before.lastEnd?.at;
  if (ended) parts.push(now.lastEnd!.text);
  if (now.pid !== undefined && now.pid !== before.pid) parts.push(`started again, pid ${now.pid}`);
  else if (now.next !== undefined && (ended || now.next !== before.next)) parts.push(now.next);
  return parts.length === 0 ? undefined : `${now.name} ${parts.join("; ")}`;
}
