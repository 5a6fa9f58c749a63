// Pure: the results of a run's jobs, from the stream of results.
import { type EndVerdict, VERDICTS } from "../end_verdict.ts";

/** A job's number, and the result of its last attempt. */
export interface JobVerdict {
  readonly seq: number;
  readonly attempt: number;
  readonly verdict: EndVerdict;
}

const ROOM = 1024;

/** Jobs are numbered from 1; for each, the last attempt counts. Three bytes per job, since there may be millions. */
export class EndTally {
  private attempts = new Uint16Array(ROOM);
  private verdicts = new Uint8Array(ROOM);
  private readonly counts = new Map<EndVerdict, number>();
  /** The highest number with an end. */
  last = 0;
  /** How many jobs have one. */
  ended = 0;

  add(seq: number, attempt: number, verdict: EndVerdict): void {
    if (seq >= this.attempts.length) this.grow(seq);
    const before = this.attempts[seq];
    if (attempt < before) return;
    if (before === 0) this.ended++;
    else this.count(VERDICTS[this.verdicts[seq]], -1);
    this.attempts[seq] = Math.min(attempt, 0xffff);
    this.verdicts[seq] = VERDICTS.indexOf(verdict);
    this.count(verdict, 1);
    this.last = Math.max(this.last, seq);
  }

  of(verdict: EndVerdict): number {
    return this.counts.get(verdict) ?? 0;
  }

  /** All results except `ok`. */
  get failed(): number {
    return this.ended - this.of("ok");
  }

  /** The jobs whose last attempt did not succeed, in order. */
  *failures(): Generator<JobVerdict> {
    for (let seq = 1; seq <= this.last; seq++) {
      if (this.attempts[seq] === 0) continue;
      const verdict = VERDICTS[this.verdicts[seq]];
      if (verdict !== "ok") yield { seq, attempt: this.attempts[seq], verdict };
    }
  }

  private count(verdict: EndVerdict, by: number): void {
    this.counts.set(verdict, this.of(verdict) + by);
  }

  private grow(seq: number): void {
    const size = 2 ** Math.ceil(Math.log2(seq + 1));
    const [attempts, verdicts] = [new Uint16Array(size), new Uint8Array(size)];
    attempts.set(this.attempts);
    verdicts.set(this.verdicts);
    [this.attempts, this.verdicts] = [attempts, verdicts];
  }
}
