import type { Lane } from "../lanes.ts";
import { jobKey, type QueueSubjects, type StreamNames } from "../names.ts";
import { encodeJob, markAgain } from "../records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import { NumberRanges } from "../ranges.ts";
import { concat } from "../../pool/bytes.ts";
import { JobHead } from "../../hosts/job_frames.ts";

/** A job of the pool. */
export interface SubmittedJob {
  /** Its number in frames. */
  readonly id: number;
  readonly seq: number;
  readonly key: string;
  /** Perhaps an earlier client has submitted it: it may have ended. */
  readonly givenBefore: boolean;
  /** It is in the queue. */
  acknowledged: boolean;
  /** It needs nothing more from the queue. */
  over: boolean;
}

export interface SubmissionSettings {
  readonly run: string;
  readonly once: boolean;
  readonly lane: Lane;
  /** Jobs are parked until then, milliseconds since 1970 by the servers' clock. */
  readonly notBefore?: number;
  /** Milliseconds by which that is ahead of this machine's. */
  readonly ahead: number;
  /** Bytes that a message may carry. */
  readonly room: number;
  readonly givenBefore: number;
  readonly streams: StreamNames;
  /** Jobs already in the queue: not submitted again. */
  readonly isThere: (key: string) => boolean;
}

export interface SubmissionEvents {
  /** The job is in the queue. @param before it was already: it may have ended */
  acknowledged(job: SubmittedJob, before: boolean): void;
  /** It will never be. */
  refused(job: SubmittedJob, why: string): void;
  /** The queue has no room now: that is tried again. */
  full(why: string): void;
}

/** Submits the pool's jobs to the queue. */
export class Submission {
  /** Numbers of jobs submitted before: another attempt has another key. */
  private readonly seen = new NumberRanges();
  private readonly attempts = new Map<number, number>();
  /** Jobs whose input is arriving. */
  private readonly inputs = new Map<
    number,
    { job: SubmittedJob; payload: Uint8Array; parts: Uint8Array[]; size: number }
  >();
  /** The highest number. */
  total = 0;
  /** Time limit in milliseconds of jobs without their own; 0: none. */
  limit = 0;
  private pending = 0;
  private given = 0;

  constructor(
    private readonly calls: StreamCalls,
    private readonly subjects: QueueSubjects,
    private readonly settings: SubmissionSettings,
    private readonly events: SubmissionEvents,
  ) {}

  /** Jobs not acknowledged by the queue. */
  get unacknowledged(): number {
    return this.pending;
  }

  /** @param payload of the frame JOB */
  add(id: number, payload: Uint8Array): SubmittedJob {
    const head = new JobHead(payload);
    const { seq } = head;
    const attempt = this.seen.has(seq) ? (this.attempts.get(seq) ?? 1) + 1 : 1;
    if (attempt > 1) this.attempts.set(seq, attempt);
    this.seen.add(seq);
    this.total = Math.max(this.total, seq);
    const key = jobKey(seq, attempt);
    if (this.limit > 0 && head.timeout === 0) head.timeout = this.limit;
    const givenBefore = this.given++ < this.settings.givenBefore;
    const job = { id, seq, key, givenBefore, acknowledged: false, over: false };
    if (this.settings.isThere(key)) job.acknowledged = true;
    else if (!head.hasInput) this.submit(job, payload, undefined);
    else this.inputs.set(id, { job, payload: payload.slice(), parts: [], size: 0 });
    return job;
  }

  input(id: number, bytes: Uint8Array): void {
    const of = this.inputs.get(id);
    if (!of) return;
    of.size += bytes.length;
    // It will be refused: nothing of it is kept.
    if (of.size <= this.settings.room) of.parts.push(bytes.slice());
  }

  inputEnd(id: number): void {
    const of = this.inputs.get(id);
    this.inputs.delete(id);
    if (!of) return;
    if (of.size > this.settings.room) this.tooLong(of.job, of.payload.length + of.size);
    else this.submit(of.job, of.payload, concat(of.parts));
  }

  private submit(job: SubmittedJob, payload: Uint8Array, input: Uint8Array | undefined): void {
    const { run, once, room, lane, notBefore = 0, ahead } = this.settings;
    const hasInput = input !== undefined;
    const isEarly = Date.now() + ahead < notBefore;
    // It comes to workers as another message than the first.
    const again = isEarly || job.givenBefore;
    const data = encodeJob({ once, hasInput, again, job: payload, input: input ?? NOTHING });
    if (data.length > room) return this.tooLong(job, data.length);
    const subject = isEarly
      ? this.subjects.parked(run, job.key)
      : this.subjects.job(run, job.key, lane);
    this.pending++;
    if (!job.givenBefore) return this.send(job, subject, data);
    // The server knows the id of what was submitted for some minutes only.
    const { jobs } = this.settings.streams;
    this.calls.last(jobs, this.subjects.job(run, job.key, lane), (waiting) => {
      if (waiting) return this.found(job);
      this.calls.last(jobs, this.subjects.parked(run, job.key), (parked) => {
        if (parked || job.over) this.found(job);
        else this.send(job, subject, data);
      });
    });
  }

  /** It is in the queue already. */
  private found(job: SubmittedJob): void {
    this.pending--;
    if (job.over) return;
    job.acknowledged = true;
    this.events.acknowledged(job, true);
  }

  private send(job: SubmittedJob, subject: string, data: Uint8Array): void {
    const { run } = this.settings;
    this.calls.tryToKeep({ subject, data, id: `job.${run}.${job.key}` }, (kept) => {
      // Its end came before the answer did.
      const isOver = job.over || kept?.kept === true;
      if (isOver) this.pending--;
      if (kept?.kept && !job.over) {
        job.acknowledged = true;
        this.events.acknowledged(job, kept.again);
      }
      if (kept?.kept === false && kept.because === "refused" && kept.full && !isOver) {
        this.events.full(kept.why);
      }
      // The queue may have it all the same.
      if (!isOver) markAgain(data);
      return isOver;
    });
  }

  private tooLong(job: SubmittedJob, bytes: number): void {
    this.events.refused(
      job,
      `submit it: with its input it has ${bytes} bytes, and the queue takes ${this.settings.room} (max_payload of the servers)`,
    );
  }
}

const NOTHING = new Uint8Array(0);
