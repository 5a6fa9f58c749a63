import { SIGKILL } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import type { ExitedJob } from "../../pool/process/job_processes.ts";
import { hasFailed, type Ledger } from "../../pool/account/ledger.ts";
import { jobStatus } from "../../pool/rules/halt.ts";
import type { Attempt } from "../../pool/rules/retry.ts";
import type { JobEnd, JobResult } from "../../pool/types.ts";
import type { RecordQueue } from "../../pool/workers/dispatcher.ts";
import { ANSWERED, THROWN } from "../../pool/workers/worker.ts";
import type { RecordAnswer } from "../answer_frames.ts";
import type { Trouble } from "../files/trouble.ts";
import { HOST_FRAME, numberFrame } from "../frames.ts";
import { type JobEnded, LOST_FOR_GOOD } from "../job_frames.ts";
import type { JobSink, LastWord } from "./job_sink.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

const COLLECT_EVERY = 4096;
/** A job that takes its host down each time must not get all of them. */
const MOST_LOSSES = 3;

/** How outcomes are told, and what follows from them. */
export interface OutcomeTerms {
  /** Jobs are records. */
  readonly ofRecords: boolean;
  /** Other hosts get the jobs of a lost host, `--on-lost retry`. */
  readonly retriesLost: boolean;
  /** Hosts are told when everything about a job is printed and recorded. */
  readonly tellsSettled: boolean;
  /** It is stopping: ended jobs are neither done nor failed. */
  readonly isStopping: () => boolean;
  /** A job has its final result, for which the pool may have to stop. */
  readonly closed: () => void;
  /** A job is no longer with any host. */
  readonly released: (given: GivenJob) => void;
}

const KILLED: JobEnd = { by: "stop", ending: { how: "signal", signal: SIGKILL, core: false } };

/** Reports each job once: to the printer, the job log, the user. */
export class HostOutcomes {
  private closed = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly sink: JobSink,
    private readonly queue: RecordQueue,
    private readonly terms: OutcomeTerms,
  ) {}

  /** A job has written something. */
  output(host: PoolHost, given: GivenJob, target: 1 | 2, bytes: Uint8Array): void {
    this.sink.output(host, given, target, bytes);
  }

  /** Workers have written to stderr, for no particular record. */
  said(bytes: Uint8Array): void {
    this.sink.writer.push({ target: 2, bytes: bytes.slice() });
  }

  /** Its worker has answered the record. */
  answered(host: PoolHost, given: GivenJob, answer: RecordAnswer): void {
    const times = this.timesOf(host, given, answer);
    const received = answer.bytes.length;
    const end = answer.kind === "value" ? ANSWERED : THROWN;
    const result = { ...this.result(host, given, end, times), received };
    this.over(host, given, { result, answer });
  }

  /** Its worker has reported how it ended. */
  ended(host: PoolHost, given: GivenJob, ended: JobEnded): void {
    const { how, status, pid } = ended;
    const times = this.timesOf(host, given, ended);
    const end = this.endOf(host, ended, host.link?.files?.trouble(given.id));
    const result = this.result(host, given, end, times);
    const { attempt: { job, number, order }, capture, sent } = given;
    const exited: ExitedJob | undefined = how === "not started" || how === "lost" ? undefined : {
      running: {
        ...{ job, attempt: number, order, sent, slot: ended.slot, pid },
        ...{ startedAt: times.startedAt, started: 0, clock: 0 },
        capture,
      },
      ...{ status, endedAt: times.endedAt },
      usage: {
        userTime: 1000 * ended.userSeconds,
        systemTime: 1000 * ended.systemSeconds,
        maxResident: ended.maxResident,
      },
    };
    const why = this.terms.ofRecords
      ? ended.why
      : how === "not started"
      ? notStarted(ended.why)
      : undefined;
    this.over(host, given, { result, exited, why });
  }

  /** By this machine's clock. */
  private timesOf(
    host: PoolHost,
    { sentAt }: GivenJob,
    { pid, start, seconds }: Pick<JobEnded, "pid" | "start" | "seconds">,
  ) {
    host.took(1000 * seconds);
    const end = 1000 * (start + seconds);
    return { pid: pid || undefined, ...host.timesOf(end, 1000 * seconds, sentAt, Date.now()) };
  }

  /** The connection was lost first. */
  lost(host: PoolHost, given: GivenJob, why: string): void {
    const startedAt = given.sentAt;
    const times = { startedAt, endedAt: Date.now() };
    const { attempt } = given;
    const { losses = 0 } = attempt;
    if (this.terms.isStopping()) {
      // It may have succeeded, but that is unknown: it is run again on resume.
      return this.over(host, given, { result: this.result(host, given, KILLED, times) });
    }
    if (this.terms.retriesLost && losses < MOST_LOSSES) {
      this.forget(given);
      this.queue.giveBack([{ ...attempt, losses: losses + 1 }]);
      return;
    }
    const result = this.result(host, given, { by: "lost", why }, times);
    this.over(host, given, { result, why: this.terms.ofRecords ? why : undefined });
  }

  /** It was not begun. @param wanted it is to be run elsewhere */
  returned(given: GivenJob, wanted: boolean): void {
    this.forget(given);
    if (wanted) this.queue.giveBack([given.attempt]);
    else given.attempt.job.input?.release();
  }

  /** It cannot be given to any host. */
  unstarted(attempt: Attempt, errno: string, error: ImpError): void {
    this.close({ result: this.ledger.unstarted(attempt, errno), order: attempt.order, why: error });
  }

  /** It is bound to an unavailable host. */
  unreached(attempt: Attempt, { name, label, error }: PoolHost): void {
    const result = { ...this.ledger.unstarted(attempt, "EHOSTUNREACH"), host: name };
    const why = error ?? new ImpError({ action: "use", object: label, why: "it is gone" });
    this.close({ result, order: attempt.order, why });
  }

  /** It is bound to a host that was left out: there is no such job. */
  leftOut({ job: { seq }, order }: Attempt): void {
    this.sink.leftOut(seq, order);
    this.terms.closed();
  }

  private endOf(host: PoolHost, { how, status, why }: JobEnded, trouble?: Trouble): JobEnd {
    switch (how) {
      case "itself":
        if (trouble && status === 0) return { by: "lost", why: `not returned: ${trouble.text}` };
        return {
          by: this.terms.ofRecords && status === 0 ? "no answer" : "itself",
          ending: endingOf(status),
        };
      case "timeout":
        return { by: "timeout", ending: endingOf(status) };
      case "not started":
        return { by: "start", errno: errnoName(status) };
      case "cancelled":
        return this.terms.isStopping()
          ? { by: "stop", ending: endingOf(status) }
          : { by: "lost", why: `the worker on ${host.label} was stopped` };
      case "lost":
        if (this.terms.isStopping()) return KILLED;
        return status === LOST_FOR_GOOD ? { by: "lost", why, final: true } : { by: "lost", why };
    }
  }

  private result(
    host: PoolHost,
    given: GivenJob,
    end: JobEnd,
    times: Pick<JobResult, "pid" | "startedAt" | "endedAt">,
  ): JobResult {
    const { attempt: { job, number }, sent } = given;
    const received = this.sink.finish(given);
    return { job, host: host.name, ...times, end, attempt: number, sent, received };
  }

  private over(host: PoolHost, given: GivenJob, last: Omit<LastWord, "order">): void {
    const { attempt } = given;
    const wait = this.ledger.retryDelay(last.result);
    if (wait === undefined || this.terms.isStopping()) {
      this.terms.released(given);
      // A failed attempt that others may follow is not reported: it is run again on resume.
      if (wait !== undefined) return this.sink.drop(given);
      const printed = this.terms.tellsSettled ? () => settled(given, last.result.end) : undefined;
      return this.close({ ...last, order: attempt.order, given, printed });
    }
    this.forget(given);
    const { job, number, order, avoid = [], losses } = attempt;
    const due = runtime.now() + wait;
    const failedOn = avoid.includes(host.name) ? avoid : [...avoid, host.name];
    this.queue.retry({ job, number: number + 1, order, due, avoid: failedOn, losses });
  }

  private forget(given: GivenJob): void {
    this.terms.released(given);
    this.sink.drop(given);
  }

  /** Settles a job's final result. */
  private close(last: LastWord): void {
    if (++this.closed % COLLECT_EVERY === 0) runtime.collectGarbage();
    this.sink.close(last);
    last.result.job.input?.release();
    this.terms.closed();
  }
}

/** Tells the host that the job was printed and recorded. */
function settled({ host, id }: GivenJob, end: JobEnd): void {
  const status = hasFailed(end) ? jobStatus(end) : 0;
  host.link?.queue.push(numberFrame(HOST_FRAME.settled, status, id));
}

/** A worker's message is already a sentence. */
function notStarted(text: string): ImpError {
  const [, what = text] = /^cannot (.*)$/s.exec(text) ?? [];
  return new ImpError({ action: what });
}
