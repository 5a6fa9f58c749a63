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

/** A job sent to a host and not answered yet. */
export interface GivenJob {
  readonly host: PoolHost;
  /** Its number in frames. */
  readonly id: number;
  readonly attempt: Attempt;
  /** Its assigned slot; 0: the host chooses. */
  readonly slot: number;
  /** Bytes of its input. */
  readonly sent: number;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** A lower bound of the bytes sent to its host before it. */
  readonly sentFrom: number;
  /** Its output, if printed when it has ended. */
  capture?: Capture;
  /** Its output, if printed as it comes. */
  relay?: LineRelay;
}

/**
 * A host's state: `idle`: not needed yet, or retried at `due`; `opening`; `ready`; `leaving`: gets no more jobs;
 * `gone`.
 */
export type HostState = "idle" | "opening" | "ready" | "leaving" | "gone";

/** The round trip that queued jobs may hide. */
const HIDDEN_MS = 4;
/** How many jobs may queue at a host, and an assumed minimum for one, in milliseconds. */
interface HostPace {
  readonly most: number;
  readonly least: number;
}
export const JOB_PACE: HostPace = { most: 256, least: 0.1 };
/** Records cost no process. */
export const RECORD_PACE: HostPace = { most: 4096, least: 0.005 };
/** Maximum bytes of jobs queued at a host. */
const MOST_GIVEN = 1 << 20;
/** Bytes of output that a host may send in advance. */
export const CREDIT_WINDOW = 1 << 20;
/** The last output of running jobs comes even without credit: what is in their pipes. */
const MOST_BEYOND = 64 << 20;
const WEIGHT = 0.2;

/** A process connected to one of the pool's hosts. */
export type PoolLink = HostLink<PoolHost>;

/** One host of a pool, connected or not. */
export class PoolHost {
  state: HostState = "idle";
  link: PoolLink | undefined;
  /** When to try it, on the clock of runtime.now(). */
  due = 0;
  /** Consecutive failed attempts to connect. */
  failures = 0;
  /** Why it was last unreachable. */
  error: ImpError | undefined;
  /** It has worked at least once. */
  wasReady = false;
  /** Concurrent jobs; known once it is ready. */
  slots = 0;
  /** The number that it reported itself. */
  asked = 0;
  /** The name of its first slot. */
  firstSlot = 1;
  /** Its machine is too busy, or short of memory, for another job. */
  isHeld = false;
  /** Milliseconds to add to its clock to get ours: the minimum observed, since travel takes time. */
  private offset = Infinity;
  /** Bytes of output taken but not yet granted again. */
  private owed = 0;
  /** Bytes that it may send. */
  private credit = CREDIT_WINDOW;
  readonly given = new Map<number, GivenJob>();
  /** Input bytes of its jobs. */
  private givenBytes = 0;
  readonly at: JobHost;
  private mean = Infinity;
  /** The round trip in milliseconds. */
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

  /** @returns what to launch first */
  beginAnew(): HostLaunch {
    this.approach = new HostApproach(this.spec, this.ways);
    return this.approach.first();
  }

  /** Its workers start in imp's directory. */
  get isHere(): boolean {
    return this.spec.way.kind === "local";
  }

  get name(): string {
    return this.spec.name;
  }

  /** Its name in messages. */
  get label(): string {
    return hostLabel(this.spec.name);
  }

  /** Called when it was connected to. */
  beginCredit(): void {
    this.owed = 0;
    this.credit = CREDIT_WINDOW;
  }

  /** Output has come. @throws ProtocolError if it is far more than allowed */
  takes(bytes: number): void {
    this.owed += bytes;
    this.credit -= bytes;
    if (this.credit < -MOST_BEYOND) throw new ProtocolError("more output than it was asked for");
  }

  /** @returns how much more it may send, once that is worth a message; else 0 */
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

  /** The job is no longer with this host. */
  release({ id, sent }: GivenJob): void {
    if (this.given.delete(id)) this.givenBytes -= sent;
  }

  /** How many jobs run there, as far as is known here. */
  get running(): number {
    return Math.min(this.given.size, this.slots);
  }

  /** It has answered a ping sent at this time, on the clock of runtime.now(). */
  answered(sent: number): void {
    const now = runtime.now() - sent;
    if (now >= 0) this.roundTrip = this.roundTrip === 0 ? now : Math.min(now, 2 * this.roundTrip);
  }

  /**
   * When a job began and ended there, by our clock, in milliseconds.
   * @param end by its clock @param sentAt when it was sent, and `now`, by ours
   */
  timesOf(end: number, duration: number, sentAt: number, now: number) {
    this.offset = Math.min(this.offset, now - end);
    // Before it was sent: one of the clocks was set. Behind a bridge there are many clocks, and earlier jobs.
    const isEarly = end - duration + this.offset < sentAt && this.spec.way.kind !== "bridge";
    if (isEarly) this.offset = now - end;
    const endedAt = end + this.offset;
    return { startedAt: endedAt - duration, endedAt };
  }

  /** A job took that many milliseconds. */
  took(ms: number): void {
    this.mean = this.mean === Infinity ? ms : this.mean + WEIGHT * (ms - this.mean);
  }

  /**
   * How many more jobs it may have. @param ahead whether some may queue there while others run; `files`: with theirs
   */
  room(ahead: boolean | "files"): number {
    if (this.state !== "ready" || this.isHeld) return 0;
    const free = this.slots - this.given.size;
    if (!ahead || this.givenBytes >= MOST_GIVEN) return free;
    return free + (ahead === "files" ? Math.min(this.slots, Math.max(1, this.ahead)) : this.ahead);
  }

  /**
   * Many for short jobs, since the round trip takes longer than they do; none for long ones: another host may be free
   * sooner.
   */
  private get ahead(): number {
    const { most, least } = this.pace;
    const hidden = this.slots * (HIDDEN_MS + 2 * this.roundTrip) / Math.max(least, this.mean);
    return Math.min(most, Math.round(hidden));
  }
}
