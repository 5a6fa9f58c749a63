// Pure: what became of the jobs of a run, by what stands in the stream of results.
import { type EndVerdict, VERDICTS } from "../end_verdict.ts";

/** A job by its number, and what its last attempt has come to. */
export interface JobVerdict {
  readonly seq: number;
  readonly attempt: number;
  readonly verdict: EndVerdict;
}

const ROOM = 1024;

/** Jobs have numbers from 1; of each the last attempt counts. Three bytes for a job, since there may be millions. */
export class EndTally {
  private attempts = new Uint16Array(ROOM);
  private verdicts = new Uint8Array(ROOM);
  private readonly counts = new Map<EndVerdict, number>();
  /** The highest number that has an end. */
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

  /** Everything but `ok`. */
  get failed(): number {
    return this.ended - this.of("ok");
  }

  /** The jobs whose last attempt did not succeed, in their order. */
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
