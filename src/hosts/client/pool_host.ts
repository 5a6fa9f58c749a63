import type { ImpError } from "../../base/errors.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { Capture } from "../../pool/process/capture.ts";
import type { Attempt } from "../../pool/rules/retry.ts";
import type { JobHost } from "../../pool/template/template_parse.ts";
import { ProtocolError } from "../frames.ts";
import { type ApproachSettings, HostApproach, type HostLaunch } from "../host_approach.ts";
import { runtime } from "../../runtime/mod.ts";
import { hostLabel, type HostSpec } from "../host_spec.ts";
import type { LineRelay } from "./line_relay.ts";
import type { HostLink } from "./host_link.ts";

/** A job that was sent to a host and has not been answered. */
export interface GivenJob {
  readonly host: PoolHost;
  /** Its number in frames. */
  readonly id: number;
  readonly attempt: Attempt;
  /** That it was given; 0: the host chooses. */
  readonly slot: number;
  /** Bytes that it is given to read. */
  readonly sent: number;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** How many bytes went to its host before it, at least. */
  readonly sentFrom: number;
  /** What it has written, where that is printed when it has ended. */
  capture?: Capture;
  /** What it has written, where that is printed as it comes. */
  relay?: LineRelay;
}

/**
 * Where a host is: `idle` nobody has asked for it, or it is tried again at `due`; `opening`; `ready`; `leaving`: it gets no
 * more jobs; `gone`.
 */
export type HostState = "idle" | "opening" | "ready" | "leaving" | "gone";

/** So long a job's way there and back may be, and be hidden behind others. */
const HIDDEN_MS = 4;
/** How many jobs may wait on a host for others to end, and what one takes at least, in milliseconds. */
interface HostPace {
  readonly most: number;
  readonly least: number;
}
export const JOB_PACE: HostPace = { most: 256, least: 0.1 };
/** Records cost no process. */
export const RECORD_PACE: HostPace = { most: 4096, least: 0.005 };
/** Bytes of jobs that a host may have besides those that it runs. */
const MOST_GIVEN = 1 << 20;
/** Bytes of output that a host may send before they are asked for. */
export const CREDIT_WINDOW = 1 << 20;
/** The last words of running jobs come although there is no credit: what is in their pipes. */
const MOST_BEYOND = 64 << 20;
const WEIGHT = 0.2;

/** A process that leads to a host of a pool. */
export type PoolLink = HostLink<PoolHost>;

/** One host of a pool, connected or not. */
export class PoolHost {
  state: HostState = "idle";
  link: PoolLink | undefined;
  /** When it is tried, on the clock of runtime.now(). */
  due = 0;
  /** Attempts to connect in a row that have failed. */
  failures = 0;
  /** Why it could not be reached last. */
  error: ImpError | undefined;
  /** It has worked once. */
  wasReady = false;
  /** Jobs at once; known when it is ready. */
  slots = 0;
  /** What it has said itself that it takes. */
  asked = 0;
  /** What its first slot is called. */
  firstSlot = 1;
  /** Its machine has too much to do, or too little memory, for another job. */
  isHeld = false;
  /** Milliseconds that are added to its clock to have ours: the least that was seen, since the way takes its time. */
  private offset = Infinity;
  /** Bytes of output that have been taken, and that it may send again. */
  private owed = 0;
  /** Bytes that it may send. */
  private credit = CREDIT_WINDOW;
  readonly given = new Map<number, GivenJob>();
  /** Bytes that these are given to read. */
  private givenBytes = 0;
  readonly at: JobHost;
  private mean = Infinity;
  /** Milliseconds there and back. */
  roundTrip = 0;

  approach: HostApproach;

  constructor(
    public spec: HostSpec,
    private readonly ways: ApproachSettings,
    private readonly pace: HostPace,
  ) {
    this.approach = new HostApproach(spec, ways);
    this.at = { host: bytesOf(spec.host), login: bytesOf(spec.name) };
  }

  /** @returns what is launched first */
  beginAnew(): HostLaunch {
    this.approach = new HostApproach(this.spec, this.ways);
    return this.approach.first();
  }

  /** Workers start where imp has. */
  get isHere(): boolean {
    return this.spec.way.kind === "local";
  }

  get name(): string {
    return this.spec.name;
  }

  /** What it is called in messages. */
  get label(): string {
    return hostLabel(this.spec.name);
  }

  /** It was connected to. */
  beginCredit(): void {
    this.owed = 0;
    this.credit = CREDIT_WINDOW;
  }

  /** So many bytes of output have come. @throws ProtocolError where they are far more than it might send */
  takes(bytes: number): void {
    this.owed += bytes;
    this.credit -= bytes;
    if (this.credit < -MOST_BEYOND) throw new ProtocolError("more output than it was asked for");
  }

  /** @returns how many more it may send, once that is enough to tell it; 0 */
  grant(): number {
    if (this.owed < CREDIT_WINDOW / 4) return 0;
    const { owed } = this;
    this.owed = 0;
    this.credit += owed;
    return owed;
  }

  give(given: GivenJob): void {
    this.given.set(given.id, given);
    this.givenBytes += given.sent;
  }

  /** It is with this host no more. */
  release({ id, sent }: GivenJob): void {
    if (this.given.delete(id)) this.givenBytes -= sent;
  }

  /** How many jobs run there, as far as is known here. */
  get running(): number {
    return Math.min(this.given.size, this.slots);
  }

  /** It has answered a ping of that time, on the clock of runtime.now(). */
  answered(sent: number): void {
    const now = runtime.now() - sent;
    if (now >= 0) this.roundTrip = this.roundTrip === 0 ? now : Math.min(now, 2 * this.roundTrip);
  }

  /**
   * When a job began and ended there, on our clock; all in milliseconds.
   * @param end on its clock @param sentAt when it was sent, and `now`, on ours
   */
  timesOf(end: number, duration: number, sentAt: number, now: number) {
    this.offset = Math.min(this.offset, now - end);
    // Before it was sent: one of the clocks has been set. Behind a bridge are many, and jobs of before.
    const isEarly = end - duration + this.offset < sentAt && this.spec.way.kind !== "bridge";
    if (isEarly) this.offset = now - end;
    const endedAt = end + this.offset;
    return { startedAt: endedAt - duration, endedAt };
  }

  /** A job took so many milliseconds. */
  took(ms: number): void {
    this.mean = this.mean === Infinity ? ms : this.mean + WEIGHT * (ms - this.mean);
  }

  /** How many more jobs it may have. @param ahead whether some may wait there while others run; `files`: with theirs */
  room(ahead: boolean | "files"): number {
    if (this.state !== "ready" || this.isHeld) return 0;
    const free = this.slots - this.given.size;
    if (!ahead || this.givenBytes >= MOST_GIVEN) return free;
    return free + (ahead === "files" ? Math.min(this.slots, Math.max(1, this.ahead)) : this.ahead);
  }

  /** Many where jobs are short, since the way takes longer than they do; none where they are long: others may be free sooner. */
  private get ahead(): number {
    const { most, least } = this.pace;
    const hidden = this.slots * (HIDDEN_MS + 2 * this.roundTrip) / Math.max(least, this.mean);
    return Math.min(most, Math.round(hidden));
  }
}
