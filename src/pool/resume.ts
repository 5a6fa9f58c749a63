import { hashTwice } from "./hash.ts";
import type { RowOutcome } from "./joblog.ts";

/** Which jobs are not done again: those that ended in any way (`--resume`), or only the successful (`--resume-failed`). */
export type ResumeMode = "ended" | "succeeded";

/** Rows with a Seq above this are not compared with others of the same Seq. */
const MOST_SEQS = 1 << 24;
const PAGE_SEQS = 1 << 16;
const DONE = 1;
const NOT_DONE = 2;

/** The latest row of each Seq, for a range of them. */
interface Page {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** 0: no row. */
  readonly state: Uint8Array;
}

/**
 * The jobs that a job log says are done. They are known by their command, so a changed input does the right jobs: GNU
 * parallel compares numbers only and skips whatever has them. Equal jobs are counted: of three, two in the log leave one.
 *
 * Commands are kept as hashes of 64 bits, for a log of a million rows has to fit beside the pool: two different commands
 * among a million would be taken for one in one of 10^7 such logs.
 */
export class DoneJobs {
  /** By Seq: `--resume-failed` appends a second row for the same job. Pages, because growing arrays leave garbage. */
  private pages: (Page | undefined)[] = [];
  /** Hashes of done jobs that are in no page, high and low in turn. */
  private others: number[] = [];
  private done: HashCounts | undefined;

  constructor(private readonly mode: ResumeMode) {}

  /** Takes in the next row of the log. */
  add(row: RowOutcome): void {
    hash(row.command);
    const done = this.mode === "ended" || (row.exit === 0 && row.signal === 0);
    const { seq } = row;
    if (seq < 0 || seq >= MOST_SEQS) {
      if (done) this.others.push(hashHigh, hashLow);
      return;
    }
    const page = this.pages[Math.floor(seq / PAGE_SEQS)] ??= newPage();
    const at = seq % PAGE_SEQS;
    const same = page.high[at] === hashHigh && page.low[at] === hashLow;
    // When the input was another one then, both jobs are in the log.
    if (page.state[at] === DONE && !same) this.others.push(page.high[at], page.low[at]);
    page.high[at] = hashHigh;
    page.low[at] = hashLow;
    page.state[at] = done ? DONE : NOT_DONE;
  }

  /** Whether this job is done and must be skipped. Every job of the input must be asked for once, in order. */
  take(command: Uint8Array): boolean {
    this.done ??= this.counted();
    hash(command);
    return this.done.takeOne(hashHigh, hashLow);
  }

  private counted(): HashCounts {
    let size = this.others.length / 2;
    for (const page of this.pages) page?.state.forEach((state) => size += state === DONE ? 1 : 0);
    const counts = new HashCounts(size);
    for (let i = 0; i < this.others.length; i += 2) {
      counts.add(this.others[i], this.others[i + 1]);
    }
    for (const page of this.pages) {
      page?.state.forEach((state, at) => {
        if (state === DONE) counts.add(page.high[at], page.low[at]);
      });
    }
    this.pages = [];
    this.others = [];
    return counts;
  }
}

function newPage(): Page {
  return {
    high: new Uint32Array(PAGE_SEQS),
    low: new Uint32Array(PAGE_SEQS),
    state: new Uint8Array(PAGE_SEQS),
  };
}

/** How often each hash occurs: open addressing in flat arrays. */
class HashCounts {
  private readonly high: Uint32Array;
  private readonly low: Uint32Array;
  /** 0: free. Otherwise one more than the count, so that a hash that went down to 0 keeps its place. */
  private readonly counts: Uint32Array;

  /** @param most how many hashes will be added */
  constructor(most: number) {
    const places = Math.ceil(most * 1.4) + 1;
    this.high = new Uint32Array(places);
    this.low = new Uint32Array(places);
    this.counts = new Uint32Array(places);
  }

  add(high: number, low: number): void {
    const at = this.find(high, low);
    this.high[at] = high;
    this.low[at] = low;
    this.counts[at] = Math.max(1, this.counts[at]) + 1;
  }

  /** @returns false when there is none left */
  takeOne(high: number, low: number): boolean {
    const at = this.find(high, low);
    if (this.counts[at] < 2) return false;
    this.counts[at]--;
    return true;
  }

  /** Its place, or the free one where it belongs. */
  private find(high: number, low: number): number {
    let at = low % this.counts.length;
    while (this.counts[at] !== 0 && (this.high[at] !== high || this.low[at] !== low)) {
      if (++at === this.counts.length) at = 0;
    }
    return at;
  }
}

let hashHigh = 0;
let hashLow = 0;
const halves = new Int32Array(2);

/** Leaves 64 bits in the variables. */
function hash(bytes: Uint8Array): void {
  hashTwice(bytes, halves);
  hashHigh = mixed(halves[0] ^ (halves[1] >>> 13));
  hashLow = mixed(halves[1]);
}

/** The last step of MurmurHash3: every bit of the input changes half of the result. */
function mixed(value: number): number {
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
