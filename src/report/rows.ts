import { LOST_HOST } from "../pool/account/joblog.ts";

/** One job as a report knows it: the numbers of a job log, and anything else known. Times are milliseconds. */
export interface ReportRow {
  readonly seq: number;
  /** In GNU parallel's logs `:` is the machine itself. */
  readonly host: string;
  /** Since 1970. */
  readonly start: number;
  readonly runtime: number;
  readonly exit: number;
  readonly signal: number;
  /** Bytes that it wrote to stdout. */
  readonly received: number;
  readonly command: string;
  /** Counts from 1; undefined: it is inferred. */
  readonly slot?: number;
  /** User and system time. */
  readonly cpu?: number;
  /** Peak, in bytes. */
  readonly memory?: number;
  /** The last lines of its output, if it failed. */
  readonly tail?: string;
}

/** Commands beyond this many characters in all are not kept: times and outcomes of all jobs are. */
const MOST_TEXT = 24 << 20;
const MOST_COMMAND = 2000;
/** How many failed jobs have their last lines kept. */
const MOST_TAILS = 200;

/** The jobs of a run in columns, in the order of their ends: a million fit in memory beside the pool that runs them. */
export class ReportRows {
  readonly seq: number[] = [];
  readonly start: number[] = [];
  readonly runtime: number[] = [];
  /** As in {@link outcomeOf}. */
  readonly outcome: number[] = [];
  readonly slot: number[] = [];
  readonly host: number[] = [];
  readonly command: string[] = [];
  readonly hosts: string[] = [];
  readonly cpu = new Map<number, number>();
  readonly memory = new Map<number, number>();
  readonly tails = new Map<number, string>();
  received = 0;
  /** Some commands are cut or left out. */
  abridged = false;
  private text = 0;

  get length(): number {
    return this.seq.length;
  }

  /** Whether the last lines of another failure are kept. */
  get wantsTails(): boolean {
    return this.tails.size < MOST_TAILS;
  }

  add(row: ReportRow): void {
    const at = this.length;
    this.seq.push(row.seq);
    this.start.push(row.start);
    this.runtime.push(row.runtime);
    this.outcome.push(outcomeOf(row));
    this.slot.push(row.slot ?? 0);
    this.host.push(this.hostNumber(row.host));
    this.command.push(this.kept(row.command));
    this.received += Math.max(0, row.received);
    if (row.cpu !== undefined) this.cpu.set(at, row.cpu);
    if (row.memory !== undefined) this.memory.set(at, row.memory);
    if (row.tail) this.tails.set(at, row.tail);
  }

  private hostNumber(host: string): number {
    const known = this.hosts.indexOf(host);
    return known >= 0 ? known : this.hosts.push(host) - 1;
  }

  private kept(command: string): string {
    if (this.text >= MOST_TEXT) {
      this.abridged = true;
      return "";
    }
    let kept = command;
    if (command.length > MOST_COMMAND) {
      this.abridged = true;
      kept = `${command.slice(0, MOST_COMMAND)}…`;
    }
    this.text += kept.length;
    return kept;
  }
}

/** An outcome as one number: 0 success, n exit status, -n signal, {@link TIMED_OUT}, {@link HOST_LOST}. */
export function outcomeOf({ exit, signal }: Pick<ReportRow, "exit" | "signal">): number {
  if (exit === -1) return TIMED_OUT;
  if (exit === LOST_HOST) return HOST_LOST;
  return signal > 0 ? -signal : exit;
}

/** imp and GNU parallel write Exitval -1 for a job that timed out. */
export const TIMED_OUT = -1000;

/** The outcome of a job whose host was lost. */
export const HOST_LOST = -1001;
