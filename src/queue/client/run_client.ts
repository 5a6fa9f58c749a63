import { EMSGSIZE, SIGKILL } from "../../libc/abi.ts";
import { frameNumber, HOST_FRAME, type HostFrame, hostFrame } from "../../hosts/frames.ts";
import { endedFrame, type JobEnded } from "../../hosts/job_frames.ts";
import { jobOfSubject } from "../names.ts";
import type { QueueMessage } from "../link.ts";
import type { NatsLink } from "../nats_link.ts";
import { decodeEnd } from "../records.ts";
import { encodeRunClosed, encodeRunOrder } from "../run_records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import { AttachedOrders } from "./attached_orders.ts";
import type { RunClientEvents, RunClientSettings } from "./client_settings.ts";
import { EndSender } from "./end_sender.ts";
import { ResultReader } from "./result_reader.ts";
import { RunWatch } from "./run_watch.ts";
import { Settling } from "./settling.ts";
import { Submission, type SubmittedJob } from "./submission.ts";

/** One run as its client sees it: turns the pool's frames into messages, and ends into frames. */
export class RunClient {
  private readonly jobs = new Map<string, SubmittedJob>();
  private readonly byId = new Map<number, SubmittedJob>();
  /** Jobs reported to the pool and not printed yet, by their numbers in frames. */
  private readonly told = new Map<number, number>();
  private readonly orders = new AttachedOrders();
  /** Keys of jobs that ended before the pool mentioned them. */
  private readonly early = new Set<string>();
  readonly reader: ResultReader;
  private readonly sender: EndSender;
  private readonly submission: Submission;
  private readonly settling: Settling;
  private closing = false;
  private cancelled = false;
  private ending = false;
  /** Ends received. */
  ends = 0;
  private saidFull = false;
  private readonly watch: RunWatch;

  constructor(
    private readonly settings: RunClientSettings,
    private readonly link: NatsLink,
    private readonly calls: StreamCalls,
    private readonly events: RunClientEvents,
  ) {
    const { subjects, streams, run, mode } = settings;
    this.watch = new RunWatch(settings, link, calls, (text) => events.note(text));
    this.settling = new Settling(calls, subjects, run, settings.settled);
    this.submission = new Submission(
      calls,
      subjects,
      { ...settings, isThere: (key) => mode === "attach" && !key.includes("-") },
      {
        acknowledged: (job, before) => {
          if (mode === "detach") this.leave(job);
          // Submitted by an earlier bridge of this run.
          else if (before || job.givenBefore) this.fetch(job);
        },
        refused: (job, why) => this.refused(job, why),
        full: (why) => this.full(why),
      },
    );
    // An earlier client, or bridge, has submitted these.
    this.submission.total = settings.settled?.settled.last ?? 0;
    this.sender = new EndSender(settings.credit, link, subjects, streams.results, {
      send: (frame) => events.send(frame),
      told: (id) => this.answered(id),
      held: (isHeld) => isHeld ? this.reader.pause() : this.reader.resume(),
    });
    const filter = subjects.end(run, "*");
    this.reader = new ResultReader(
      link,
      streams.results,
      filter,
      settings.lastPlace,
      (message) => this.came(message),
      (text) => events.note(text),
    );
    if (mode !== "detach") this.reader.begin();
  }

  /** Jobs that have not ended. */
  get open(): number {
    return this.jobs.size;
  }

  /** Once a second. */
  look(): void {
    this.reader.look();
    this.settling.look(this.jobs.size > 0 && this.settings.mode !== "detach");
    this.watch.look({
      open: this.jobs.size,
      ends: this.ends,
      unacknowledged: this.submission.unacknowledged,
    });
  }

  /** The pool has sent a frame. */
  obey(frame: HostFrame): void {
    const { type, job: id, payload } = frame;
    switch (type) {
      case HOST_FRAME.job:
        return this.add(this.submission.add(id, this.orders.asSubmitted(payload)));
      case HOST_FRAME.input:
        return this.submission.input(id, payload);
      case HOST_FRAME.inputEnd:
        return this.submission.inputEnd(id);
      case HOST_FRAME.cancel:
        return this.cancelRun();
      case HOST_FRAME.limit:
        this.submission.limit = frameNumber(frame);
        return;
      case HOST_FRAME.credit:
        return this.sender.addCredit(frameNumber(frame));
      case HOST_FRAME.settled:
        return this.settled(id, frameNumber(frame));
      case HOST_FRAME.ping:
        return this.events.send(hostFrame(HOST_FRAME.pong, id, payload));
      case HOST_FRAME.all:
        return this.allGiven();
      case HOST_FRAME.close:
        this.closing = true;
        return this.conclude();
    }
  }

  /** The pool is gone: records what it has printed. */
  abandoned(): void {
    this.ending = true;
    this.reader.close();
    this.settling.finish(() => this.events.done());
  }

  /** The run was removed: records nothing more. */
  dismiss(): void {
    this.ending = true;
    this.reader.close();
    this.settling.stop();
  }

  private add(job: SubmittedJob): void {
    if (job.key.includes("-")) this.notPrinted(job.seq);
    // It was refused at once.
    if (job.over) return;
    this.jobs.set(job.key, job);
    this.byId.set(job.id, job);
    if (this.settings.mode === "attach" && job.acknowledged) this.fetch(job);
  }

  /** An attempt failed, and the pool retries instead of printing it. */
  private notPrinted(seq: number): void {
    for (const [id, told] of this.told) if (told === seq) this.told.delete(id);
  }

  /** Its end may be recorded already. What the reader has seen exists, but not on all servers at once. */
  private fetch(job: SubmittedJob): void {
    const { streams, subjects, run } = this.settings;
    const { key } = job;
    this.calls.last(streams.results, subjects.end(run, key), (message) => {
      if (job.over) return;
      if (message) this.ended(job, message.data);
      else if (this.early.has(key)) this.link.later(AGAIN_MS, () => this.fetch(job));
    });
  }

  private came(message: QueueMessage): void {
    const named = jobOfSubject(message.subject);
    if (!named) return;
    const job = this.jobs.get(named.key);
    if (job) this.ended(job, message.data);
    else this.early.add(named.key);
  }

  private ended(job: SubmittedJob, data: Uint8Array): void {
    const end = decodeEnd(data);
    if (!end) return this.refused(job, "read its result: another version of imp wrote it");
    if (job.over) return;
    job.over = true;
    this.ends++;
    this.early.delete(job.key);
    this.told.set(job.id, job.seq);
    if (this.settings.mode === "attach") this.orders.add(job.seq, end.job);
    this.sender.add(job.id, this.settings.run, job.key, end);
  }

  private answered(id: number): void {
    this.forget(id);
    this.conclude();
  }

  private forget(id: number): void {
    const job = this.byId.get(id);
    this.byId.delete(id);
    if (job) this.jobs.delete(job.key);
  }

  /** It is in the queue, and nobody waits for it. */
  private leave(job: SubmittedJob): void {
    job.over = true;
    this.events.send(endedFrame(job.id, WELL));
    this.answered(job.id);
  }

  private refused(job: SubmittedJob, why: string): void {
    job.over = true;
    this.events.send(
      endedFrame(job.id, { ...WELL, how: "not started", status: EMSGSIZE, why: `cannot ${why}` }),
    );
    this.told.set(job.id, job.seq);
    this.answered(job.id);
  }

  private full(why: string): void {
    if (this.saidFull) return;
    this.saidFull = true;
    this.events.note(`the queue is full (${why}); waiting`);
  }

  /** With `--detach` only what the queue has refused is printed. */
  private settled(id: number, status: number): void {
    const seq = this.told.get(id);
    if (seq === undefined) return;
    this.told.delete(id);
    this.orders.forget(seq);
    this.settling.add(seq, status);
    this.conclude();
  }

  /** Everybody learns of it before the pool does. */
  private cancelRun(): void {
    const { run, subjects, mode, lane, notBefore = 0, ahead, removeJobs } = this.settings;
    this.cancelled = true;
    const all = () => {
      for (const job of this.jobs.values()) {
        if (job.over) continue;
        job.over = true;
        this.events.send(endedFrame(job.id, { ...WELL, how: "cancelled", status: SIGKILL }));
      }
      this.jobs.clear();
      this.byId.clear();
      this.told.clear();
      this.conclude();
    };
    if (mode === "detach") return all();
    const isEarly = Date.now() + ahead < notBefore;
    const waiting = isEarly ? subjects.parked(run, "*") : subjects.job(run, "*", lane);
    const data = encodeRunOrder("cancel");
    const id = `order.${run}.${crypto.randomUUID()}`;
    let isRecorded = false;
    this.link.later(CANCEL_MS, () => {
      if (!isRecorded) this.events.note(`run ${run} goes on: ${NOT_CANCELLED} ${run}`);
    });
    this.calls.keep({ subject: subjects.run(run, "order"), data, id }, () => {
      isRecorded = true;
      // Those that stay are taken by workers, who know that they are cancelled.
      const late = new Promise<void>((resolve) => this.link.later(CANCEL_MS, resolve));
      void Promise.race([removeJobs(waiting).catch(() => {}), late]).then(all);
    });
  }

  private conclude(): void {
    if (!this.closing || this.ending || this.jobs.size > 0 || this.told.size > 0) return;
    if (this.submission.unacknowledged > 0 && this.settings.mode === "detach") return;
    this.ending = true;
    this.reader.close();
    this.settling.finish(() => this.close());
  }

  /** Its total is now known, and `imp pool --attach` knows that it is complete. */
  private allGiven(): void {
    if (this.settings.mode === "run") this.recordTotal(true, () => {});
  }

  private recordTotal(whole: boolean, done: () => void): void {
    const { run, subjects } = this.settings;
    const { total } = this.submission;
    const data = encodeRunClosed({ total, whole });
    const id = `closed.${run}.${total}.${whole}`;
    this.calls.keep({ subject: subjects.run(run, "closed"), data, id }, done);
  }

  private close(): void {
    if (this.settings.isClosed) this.events.done();
    else this.recordTotal(!this.cancelled && this.settings.mode !== "attach", this.events.done);
  }
}

const AGAIN_MS = 50;
/** A pool that is interrupted does not wait for much longer. */
const CANCEL_MS = 2000;
const NOT_CANCELLED =
  "the servers have not recorded that it is cancelled; if this pool ends first, use imp runs cancel";
const WELL: JobEnded = {
  ...{ how: "itself", status: 0, pid: 0, slot: 0, start: 0, seconds: 0, userSeconds: 0 },
  ...{ systemSeconds: 0, maxResident: 0, why: "" },
};
