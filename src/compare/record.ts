import { signalNumber } from "../libc/processes/signals.ts";

/** One line of the probe's record. */
export type RecordEntry = StartEntry | WriteEntry | SignalEntry | EndEntry;

/** What it is, right after exec. */
export interface StartEntry {
  readonly event: "start";
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** What opening /dev/tty gave: `ok`, or the errno name; ENXIO is "no controlling terminal". */
  readonly devTty: string;
  /** Whether descriptors 0, 1 and 2 are terminals. */
  readonly isatty: readonly boolean[];
  readonly cwd: string | null;
  readonly umask: number;
  /** Names of the signals ignored at its start; INT, TERM, PIPE and XFSZ are never included. */
  readonly ignored: readonly string[];
}

/** It wrote a line to its standard output: `ok` or the errno name. */
export interface WriteEntry {
  readonly event: "write";
  readonly line: number;
  readonly result: string;
}

export interface SignalEntry {
  readonly event: "signal";
  readonly name: string;
}

/** Its last entry: the signal's default effect follows. */
export interface EndEntry {
  readonly event: "end";
  readonly by: string;
}

/** The entries of a record. An incomplete last line is left out. */
export function parseRecord(text: string): RecordEntry[] {
  const entries: RecordEntry[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    try {
      entries.push(JSON.parse(line) as RecordEntry);
    } catch {
      // Not ours: the file is the probe's alone, but the compared program can write to its directory.
    }
  }
  return entries;
}

export function startOf(entries: readonly RecordEntry[]): StartEntry | undefined {
  return entries.find((entry): entry is StartEntry => entry.event === "start");
}

export function writesOf(entries: readonly RecordEntry[]): WriteEntry[] {
  return entries.filter((entry): entry is WriteEntry => entry.event === "write");
}

/** Names of the signals that arrived, each once, by number: the kernel does not order simultaneous ones. */
export function signalsOf(entries: readonly RecordEntry[]): string[] {
  const names = entries.flatMap((entry) => entry.event === "signal" ? [entry.name] : []);
  return [...new Set(names)].sort((a, b) => (signalNumber(a) ?? 0) - (signalNumber(b) ?? 0));
}

export function endOf(entries: readonly RecordEntry[]): string | undefined {
  return entries.find((entry): entry is EndEntry => entry.event === "end")?.by;
}

/** How many writes had each result, such as `{ ok: 3, EIO: 2 }`. */
export function countResults(writes: readonly WriteEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { result } of writes) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}
