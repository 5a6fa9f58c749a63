import { ReportRows } from "./rows.ts";

const COLUMNS = 9;
const NEWLINE = 10;
const NUL = /\0/g;

/** What a file says about a run. */
export interface RunFile {
  readonly rows: ReportRows;
  /** The last line is incomplete: the run goes on, or something cut it off. */
  readonly cut: boolean;
  /** Lines, without the header, that are not rows. */
  readonly odd: number;
}

/** Reads a job log, imp's or GNU parallel's. Other lines are counted and left out. */
export function readJoblog(bytes: Uint8Array): RunFile {
  const rows = new ReportRows();
  let odd = 0;
  const rest = eachLine(bytes, (line, number) => {
    const fields = split(line);
    const [seq, host, start, runtime, , received, exit, signal, command] = fields;
    const numbers = [seq, start, runtime, exit, signal].map(numberIn);
    if (fields.length < COLUMNS || numbers.some(Number.isNaN)) {
      if (number > 0 || !line.startsWith("Seq\t")) odd++;
      return;
    }
    rows.add({
      seq: numbers[0],
      host,
      start: Math.round(numbers[1] * 1000),
      runtime: Math.max(0, Math.round(numbers[2] * 1000)),
      received: numberIn(received) || 0,
      exit: numbers[3],
      signal: numbers[4],
      command: command.replace(NUL, "\n"),
    });
  });
  return { rows, cut: rest, odd };
}

/** Calls back for each whole line. @returns whether anything follows the last newline */
export function eachLine(
  bytes: Uint8Array,
  take: (line: string, number: number) => void,
): boolean {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let from = 0;
  for (let number = 0;; number++) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end < 0) return from < bytes.length;
    take(decoder.decode(bytes.subarray(from, end)), number);
    from = end + 1;
  }
}

/** The columns of a row; a tab in the command belongs to the command. */
function split(line: string): string[] {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < COLUMNS - 1) {
    const tab = line.indexOf("\t", from);
    if (tab < 0) return fields;
    fields.push(line.slice(from, tab));
    from = tab + 1;
  }
  fields.push(line.slice(from));
  return fields;
}

/** GNU parallel pads its numbers with spaces. */
function numberIn(text: string | undefined): number {
  const trimmed = text?.trim() ?? "";
  return /^-?\d+(?:\.\d+)?$/.test(trimmed) ? Number(trimmed) : NaN;
}
