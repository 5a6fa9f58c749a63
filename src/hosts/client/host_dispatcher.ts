import { isBlock } from "../../libc/processes/spawner.ts";
import { ImpError } from "../../base/errors.ts";
import { longerThanAllowed, wordsLength } from "../../pool/process/job_processes.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { Attempt } from "../../pool/rules/retry.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { Slots } from "../../pool/process/tree_endings.ts";
import type { RecordQueue } from "../../pool/workers/dispatcher.ts";
import { sizeOfRecord } from "../../pool/source/item_jobs.ts";
import { HOST_FRAME, hostFrame, MOST_PAYLOAD } from "../frames.ts";
import { jobFrame } from "../job_frames.ts";
import type { JobFiles } from "../files/client_files.ts";
import { numberOf } from "../../pool/types.ts";
import { BoundJobs } from "./bound_jobs.ts";
import type { HostOutcomes } from "./host_outcomes.ts";
import type { HostsSettings } from "./host_setup.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** Numbers in frames wrap around: fewer jobs than that are ever in progress. */
const NUMBERS = 2 ** 32;
/** Maximum bytes of a record. */
const MOST_RECORD = 8 << 20;

/** Gives jobs to hosts. */
export class HostDispatcher {
  private feeding = true;
  /** The earliest time to give out jobs. */
  private notBefore = 0;
  private last = 0;
  private readonly slots = new Slots();
  /** Attempts whose remaining hosts have failed them or are busy. */
  private parked: Attempt[] = [];
  private readonly bound = new BoundJobs();
  /** Whether jobs may queue at a host: few if their files do too. */
  private readonly ahead: boolean | "files";

  constructor(
    private readonly settings: HostsSettings,
    private readonly hosts: readonly PoolHost[],
    private readonly queue: RecordQueue,
    private readonly outcomes: HostOutcomes,
  ) {
    const mayWait = !settings.namesSlot && settings.pool.delay === 0 && !settings.mayUse;
    this.ahead = mayWait && settings.files ? "files" : mayWait;
  }

  /** Nothing waits to be given out. */
  get isEmpty(): boolean {
    return this.parked.length === 0 && this.bound.size === 0 && this.queue.isEmpty;
  }

  /** Something could be given out now. */
  wants(now: number): boolean {
    if (!this.feeding) return false;
    const waits = this.parked.length > 0 || this.bound.size > 0;
    return waits || this.queue.peek(now, true) !== undefined;
  }

  /** Gives out no more. */
  stop(): void {
    this.feeding = false;
    this.parked = [];
    this.bound.clear();
    this.queue.clear();
  }

  /** When something can be given out that cannot be now. */
  due(now: number): number {
    if (!this.feeding) return Infinity;
    if (this.notBefore > now) return this.notBefore;
    return this.hasRoom ? this.queue.nextRetry : Infinity;
  }

  wantsInput(now: number): boolean {
    // The first job triggers connecting to hosts.
    const room = this.hasRoom || !this.hosts.some(({ state }) => state === "ready");
    return this.feeding && !this.queue.hasFront && now >= this.notBefore && room;
  }

  private get hasRoom(): boolean {
    return !this.bound.isFull && this.hosts.some((host) => host.room(this.ahead) > 0);
  }

  /** @param fresh whether a job of which nothing has been done yet may begin */
  feed(now: number, fresh: () => boolean): void {
    if (!this.feeding) return;
    if (this.parked.length > 0) {
      this.parked = this.parked.filter((attempt) =>
        now < this.notBefore || !this.tryToGive(attempt, now)
      );
    }
    if (this.bound.size > 0) { for (const host of this.hosts) this.feedBound(host, now); }
    while (this.feeding && now >= this.notBefore && this.hasRoom) {
      const attempt = this.queue.take(now, fresh());
      if (!attempt) return;
      if (attempt.job.host !== undefined) this.bind(attempt, attempt.job.host, now);
      else if (!this.tryToGive(attempt, now)) this.parked.push(attempt);
    }
  }

  private bind(attempt: Attempt, name: string, now: number): void {
    this.bound.add(name, attempt);
    const host = this.hosts.findLast((one) => one.name === name);
    if (host) this.feedBound(host, now);
  }

  /** Gives a host jobs bound to it, or fails them if the host is unavailable. */
  private feedBound(host: PoolHost, now: number): void {
    const isLost = this.hosts.every(({ name, state }) =>
      name !== host.name || state === "gone" || state === "leaving"
    );
    while (this.feeding && (isLost || (now >= this.notBefore && this.roomAt(host)))) {
      const attempt = this.bound.take(host.name);
      if (!attempt) return;
      if (!isLost) this.giveTo(host, attempt, now);
      else if (this.settings.filtered && !host.wasReady) this.outcomes.leftOut(attempt);
      else this.outcomes.unreached(attempt, host);
    }
  }

  /** The limit on hosts that work at a time. */
  private roomAt(host: PoolHost): boolean {
    if (host.room(this.ahead) <= 0) return false;
    if (host.given.size > 0 || this.settings.hostsAtOnce === undefined) return true;
    let working = 0;
    for (const { given } of this.hosts) if (given.size > 0) working++;
    return working < this.settings.hostsAtOnce;
  }

  /** A job is no longer with any host. */
  released(given: GivenJob): void {
    const { id, slot, host } = given;
    host.release(given);
    host.link?.files?.end(id);
    if (slot > 0) this.slots.release(slot);
  }

  private tryToGive(attempt: Attempt, now: number): boolean {
    const host = this.hostFor(attempt);
    if (host) this.giveTo(host, attempt, now);
    return host !== undefined;
  }

  private giveTo(host: PoolHost, attempt: Attempt, now: number): void {
    this.give(host, attempt);
    const { delay } = this.settings.pool;
    if (delay > 0) this.notBefore = now + delay;
  }

  /** The least busy one on which it has not failed; if it has failed on each, of all. */
  private hostFor({ avoid }: Attempt): PoolHost | undefined {
    const others = avoid &&
      this.hosts.some(({ state, name }) =>
        state !== "gone" && state !== "leaving" && !avoid.includes(name)
      );
    let best: PoolHost | undefined;
    let most = 0;
    for (const host of this.hosts) {
      const room = host.room(this.ahead);
      if (room <= 0 || (others && avoid.includes(host.name))) continue;
      const part = room / host.slots;
      if (part <= most) continue;
      best = host;
      most = part;
    }
    return best;
  }

  private give(host: PoolHost, attempt: Attempt): void {
    const { pool, namesSlot } = this.settings;
    const { job } = attempt;
    const slot = namesSlot ? this.slots.take() : 0;
    const words = pool.argv(job, slot, host.at);
    const files = this.filesOf(attempt, slot, host);
    if (files instanceof ImpError) return this.refuse(attempt, slot, files);
    const problem = this.problemOf(pool, words);
    if (problem) return this.refuse(attempt, slot, problem);
    pool.announce?.(words);
    const stdin = pool.stdin?.(job);
    const id = this.last = this.last % (NUMBERS - 1) + 1;
    const sent = this.settings.records ? sizeOfRecord(job) : stdin?.length ?? job.input?.size ?? 0;
    const { queue, feed } = host.link!;
    const sentFrom = queue.gone + queue.size;
    host.give({ host, id, attempt, slot, sent, sentAt: Date.now(), sentFrom });
    if (files) queue.push(host.link!.files!.begin(id, files));
    queue.push(jobFrame(id, {
      ...{ seq: numberOf(job), timeout: 0, slot },
      hasInput: stdin !== undefined || job.input !== undefined,
      words: words.flatMap((word) =>
        isBlock(word) ? word.words() : typeof word === "string" ? bytesOf(word) : word
      ),
    }));
    if (stdin !== undefined) {
      queue.push(hostFrame(HOST_FRAME.input, id, stdin));
      queue.push(hostFrame(HOST_FRAME.inputEnd, id));
    } else if (job.input) feed.add(id, job.input.open(), job.input.size);
  }

  private refuse(attempt: Attempt, slot: number, error: ImpError): void {
    if (slot > 0) this.slots.release(slot);
    this.outcomes.unstarted(attempt, error.errno ?? "EINVAL", error);
  }

  /** @returns an error for an invalid path */
  private filesOf({ job }: Attempt, slot: number, host: PoolHost): JobFiles | ImpError | undefined {
    try {
      return this.settings.files?.plan.of(job, slot, host);
    } catch (error) {
      if (error instanceof ImpError) return error;
      throw error;
    }
  }

  private problemOf({ maxChars }: PoolSettings, words: ReturnType<PoolSettings["argv"]>) {
    const length = wordsLength(words);
    if (maxChars !== undefined && length > maxChars) return longerThanAllowed(maxChars).error;
    // The count includes a NUL per word, which a record lacks.
    const size = length - words.length;
    const isShort = this.settings.records
      ? size <= MOST_RECORD
      : length + 4 * words.length < MOST_PAYLOAD / 2;
    if (isShort) return undefined;
    const why = this.settings.records
      ? `it has ${size} bytes, and for a host a record has 8 MiB at most`
      : "its command line is longer than any host takes";
    return new ImpError({ action: "start", object: "it", errno: "E2BIG", why });
  }
}
