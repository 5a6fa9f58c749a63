import { ImpError } from "../../base/errors.ts";
import { writeAll } from "../../libc/descriptors/files.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Captures, Stream } from "../../pool/capture.ts";
import type { ExitedJob } from "../../pool/job_processes.ts";
import type { Ledger } from "../../pool/ledger.ts";
import type { Printer } from "../../pool/printer.ts";
import type { Attempt } from "../../pool/retry.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import type { Spool } from "../../pool/spool.ts";
import type { JobEnd, JobResult } from "../../pool/types.ts";
import type { RecordQueue } from "../../pool/workers/dispatcher.ts";
import type { Trouble } from "../files/trouble.ts";
import type { JobEnded } from "../job_frames.ts";
import { LineRelay } from "./line_relay.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** What a job may have in memory; what is more goes to disk. */
const MOST_IN_MEMORY = 8 << 20;
const COLLECT_EVERY = 4096;
/** A job that takes its host down each time is not given to all of them. */
const MOST_LOSSES = 3;

/** What the pool adds to what became of a job. */
export interface OutcomeHooks {
  /** It stops: what was ended is neither done nor failed. */
  readonly isStopping: () => boolean;
  /** Jobs that have no last word yet. */
  readonly others: () => readonly number[];
  /** A job has got it, and the pool may have to stop. */
  readonly closed: () => void;
  /** @returns what is called when all about a job has been printed and recorded */
  readonly printed: (given: GivenJob) => (() => void) | undefined;
  /** A job is with no host any more. */
  readonly released: (given: GivenJob) => void;
}

const KILLED: JobEnd = { by: "stop", ending: { how: "signal", signal: 9, core: false } };

/** Says what became of each job, once: to the printer, to the job log, to the user. */
export class HostOutcomes {
  private closed = 0;

  /** @param retriesLost jobs whose host was lost are given to others, `--on-lost retry` */
  constructor(
    private readonly settings: PoolSettings,
    private readonly ledger: Ledger,
    private readonly printer: Printer,
    private readonly captures: Captures,
    private readonly spool: Spool,
    private readonly queue: RecordQueue,
    private readonly retriesLost: boolean,
    private readonly hooks: OutcomeHooks,
  ) {}

  /** A job has written something. */
  output(host: PoolHost, given: GivenJob, target: 1 | 2, bytes: Uint8Array): void {
    const { output, tag } = this.settings;
    if (output !== "group") {
      const { attempt: { job }, slot } = given;
      given.relay ??= new LineRelay(
        this.printer.writer,
        output === "line" ? tag?.(job, slot, host.at) : undefined,
        output === "line",
      );
      return given.relay.push(target, bytes);
    }
    given.capture ??= this.captures.take();
    const stream = target === 1 ? given.capture.out : given.capture.err;
    writeAll(stream.fd, bytes, "a file in memory");
    if (stream.held > MOST_IN_MEMORY) this.store(stream, given);
  }

  /** Its worker has told how it ended. */
  ended(host: PoolHost, given: GivenJob, ended: JobEnded): void {
    const { how, status, pid, seconds } = ended;
    const times = host.timesOf(
      1000 * (ended.start + seconds),
      1000 * seconds,
      given.sentAt,
      Date.now(),
    );
    host.took(1000 * seconds);
    const end = this.endOf(host, ended, host.link?.files?.trouble(given.id));
    const result = this.result(host, given, end, { pid: pid || undefined, ...times });
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
    const why = how === "not started" ? notStarted(ended.why) : undefined;
    this.over(host, given, result, exited, why);
  }

  /** The connection has ended before. */
  lost(host: PoolHost, given: GivenJob, why: string): void {
    const startedAt = given.sentAt;
    const times = { startedAt, endedAt: Date.now() };
    const { attempt } = given;
    const { losses = 0 } = attempt;
    if (this.hooks.isStopping()) {
      // Nobody knows whether it has ended well: it is done again on resume.
      return this.over(host, given, this.result(host, given, KILLED, times), undefined);
    }
    if (this.retriesLost && losses < MOST_LOSSES) {
      this.forget(given);
      this.queue.giveBack([{ ...attempt, losses: losses + 1 }]);
      return;
    }
    const result = this.result(host, given, { by: "lost", why }, times);
    this.over(host, given, result, undefined);
  }

  /** It was not begun. @param wanted it is to be done elsewhere */
  returned(given: GivenJob, wanted: boolean): void {
    this.forget(given);
    if (wanted) this.queue.giveBack([given.attempt]);
    else given.attempt.job.input?.release();
  }

  /** It cannot be given to any host. */
  unstarted(attempt: Attempt, errno: string, error: ImpError): void {
    this.close(this.ledger.unstarted(attempt, errno), attempt.order, undefined, undefined, error);
  }

  /** It is for a host that cannot be had. */
  unreached(attempt: Attempt, { name, label, error }: PoolHost): void {
    const result = { ...this.ledger.unstarted(attempt, "EHOSTUNREACH"), host: name };
    const why = error ?? new ImpError({ action: "use", object: label, why: "it is gone" });
    this.close(result, attempt.order, undefined, undefined, why);
  }

  /** It is for a host that does not count: there is no such job. */
  leftOut({ job: { seq }, order }: Attempt): void {
    this.printer.finished({ seq, order, silent: true });
    this.hooks.closed();
  }

  private endOf(host: PoolHost, { how, status, why }: JobEnded, trouble?: Trouble): JobEnd {
    switch (how) {
      case "itself":
        if (trouble && status === 0) return { by: "lost", why: `not returned: ${trouble.text}` };
        return { by: "itself", ending: endingOf(status) };
      case "timeout":
        return { by: "timeout", ending: endingOf(status) };
      case "not started":
        return { by: "start", errno: errnoName(status) };
      case "cancelled":
        return this.hooks.isStopping()
          ? { by: "stop", ending: endingOf(status) }
          : { by: "lost", why: `the worker on ${host.label} was stopped` };
      case "lost":
        return this.hooks.isStopping() ? KILLED : { by: "lost", why };
    }
  }

  private result(
    host: PoolHost,
    { attempt: { job, number }, capture, relay, sent }: GivenJob,
    end: JobEnd,
    times: Pick<JobResult, "pid" | "startedAt" | "endedAt">,
  ): JobResult {
    capture?.out.close();
    capture?.err.close();
    relay?.finish();
    const received = capture?.out.size ?? relay?.received ?? 0;
    return { job, host: host.name, ...times, end, attempt: number, sent, received };
  }

  private over(
    host: PoolHost,
    given: GivenJob,
    result: JobResult,
    exited: ExitedJob | undefined,
    error?: ImpError,
  ): void {
    const { attempt } = given;
    const wait = this.ledger.retryDelay(result);
    if (wait === undefined || this.hooks.isStopping()) {
      this.hooks.released(given);
      // Of an attempt that failed while others may follow nothing is said: it is done again on resume.
      if (wait !== undefined) return this.forget(given);
      return this.close(result, attempt.order, given, exited, error);
    }
    this.forget(given);
    const { job, number, order, avoid = [], losses } = attempt;
    const due = runtime.now() + wait;
    const failedOn = avoid.includes(host.name) ? avoid : [...avoid, host.name];
    this.queue.retries.add({ job, number: number + 1, order, due, avoid: failedOn, losses });
  }

  private forget(given: GivenJob): void {
    this.hooks.released(given);
    if (given.capture) this.captures.giveBack(given.capture);
  }

  /** The last word about a job. */
  private close(
    result: JobResult,
    order: number,
    given: GivenJob | undefined,
    exited: ExitedJob | undefined,
    error?: ImpError,
  ): void {
    const { job, end } = result;
    if (++this.closed % COLLECT_EVERY === 0) runtime.collectGarbage();
    const { others, closed } = this.hooks;
    const written = this.ledger.close(result, exited, others, error);
    const { record, message, row, unkept } = written;
    // It is in a file, whose name is printed.
    if (written.inFile) given?.capture?.out.forget(this.spool);
    const unsaid = unkept || end.by === "stop";
    const whole = given?.relay?.whole;
    this.printer.finished({
      ...{ seq: job.seq, order, record, message, row },
      silent: this.settings.silent || unsaid === true,
      capture: given?.capture,
      streamed: unsaid ? undefined : whole,
      tag: exited && this.settings.tag?.(job, exited.running.slot, given?.host.at),
      printed: given && !unsaid ? this.hooks.printed(given) : undefined,
    });
    job.input?.release();
    closed();
  }

  private store(stream: Stream, { attempt: { job } }: GivenJob): void {
    try {
      stream.moveTo(this.spool);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      throw error.with({ action: `keep the output of job ${job.seq} in` });
    }
  }
}

/** What a worker says is a sentence already. */
function notStarted(text: string): ImpError {
  const [, what = text] = /^cannot (.*)$/s.exec(text) ?? [];
  return new ImpError({ action: what });
}
