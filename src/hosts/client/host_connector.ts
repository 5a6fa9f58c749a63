import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { describeEnding, type Ending } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { HOST_FRAME, jsonFrame, type ProtocolError } from "../frames.ts";
import type { ApproachStep, HostLaunch } from "../host_approach.ts";
import { resolveSlots } from "../host_slots.ts";
import type { HostSpec } from "../host_spec.ts";
import { hostError, lastWords } from "../ssh_errors.ts";
import type { HostLinks } from "./host_links.ts";
import type { HostsSettings } from "./host_setup.ts";
import { CREDIT_WINDOW, JOB_PACE, PoolHost, type PoolLink, RECORD_PACE } from "./pool_host.ts";

/** The maximum of connections being opened: an sshd accepts ten that have not logged in (MaxStartups). */
const MOST_OPENING = 8;
/** A connection without a greeting by then is stuck. */
const OPEN_MS = 60_000;
/** Pauses before a lost host is tried again. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];

/** The pool's reactions. */
export interface ConnectorHooks {
  /**
   * The link of a host that had answered has ended.
   * @param why for the user; empty: reported elsewhere @param sent upper bound of the bytes sent to it: 0 if it has
   *   reported everything it began
   */
  readonly lost: (host: PoolHost, why: string, sent: number) => void;
  /** No host is left. */
  readonly nobodyLeft: (error: ImpError) => void;
  /** Nothing is left to do. */
  readonly isDone: () => boolean;
}

/** Opens connections to hosts, a few at a time, and reopens lost ones. */
export class HostConnector {
  readonly hosts: PoolHost[] = [];
  /** Opens no more connections. */
  private stopped = false;
  private nextOpen = 0;
  private firstError: ImpError | undefined;
  /** Has reported that no more can be connected to. */
  private toldFull = false;
  /** The first launch for an idle host, if not the default. */
  private readonly next = new Map<PoolHost, HostLaunch>();

  constructor(
    private readonly settings: HostsSettings,
    private readonly links: HostLinks,
    private readonly hooks: ConnectorHooks,
  ) {
    const { list, hostsAtOnce } = settings;
    // With jobs for each host, the others would be waited for endlessly.
    if (hostsAtOnce !== undefined && list.hosts.length > links.room.most) {
      throw links.room.refusal(list.hosts.length);
    }
    for (const spec of list.hosts) this.hosts.push(this.newHost(spec));
  }

  /** Whether some host may still do a job. */
  get hasHosts(): boolean {
    return this.hosts.some(({ state }) => state !== "gone" && state !== "leaving");
  }

  stop(): void {
    this.stopped = true;
  }

  /** When to call {@link look}. */
  due(now: number, wanted: (now: number) => boolean): number {
    let due = this.stopped ? Infinity : this.settings.list.due;
    let open = Infinity;
    for (const { state, due: next, link } of this.hosts) {
      if (link && !link.isReady && !link.isCopy) due = Math.min(due, link.begun + OPEN_MS);
      if (state === "idle") open = Math.min(open, Math.max(next, this.nextOpen));
    }
    if (open === Infinity || this.stopped || this.isOpeningMany || this.isFull) return due;
    return open < due && wanted(now) ? open : due;
  }

  /** @param wanted whether there is something to do */
  look(now: number, wanted: (now: number) => boolean): void {
    for (const { link, state } of this.hosts) {
      if (!link || link.isReady || link.isCopy || now < link.begun + OPEN_MS) continue;
      link.begun = Infinity;
      link.complain(`\nit did not answer within ${OPEN_MS / 1000} s\n`);
      if (state === "opening") this.links.kill(link);
    }
    if (this.stopped) return;
    this.follow(now);
    this.leaveNobody();
    for (const host of this.hosts) {
      if (now < this.nextOpen || this.isOpeningMany) return;
      if (host.state !== "idle" || now < host.due) continue;
      if (!wanted(now)) return;
      if (this.isFull) return this.tellFull();
      this.open(host);
      if (host.spec.way.kind === "ssh") this.nextOpen = now + this.settings.openDelay;
    }
  }

  private get isOpeningMany(): boolean {
    let count = 0;
    for (const { state, spec } of this.hosts) {
      if (state === "opening" && spec.way.kind === "ssh") count++;
    }
    return count >= MOST_OPENING;
  }

  private get isFull(): boolean {
    return this.links.size >= this.links.room.most;
  }

  private tellFull(): void {
    if (this.toldFull) return;
    this.toldFull = true;
    const { message } = this.links.room.refusal(this.hosts.length);
    this.settings.warn(`${message}; others wait until one is gone`);
  }

  /** Adds and removes hosts. */
  private follow(now: number): void {
    const { list } = this.settings;
    const change = now >= list.due ? list.look(now) : undefined;
    if (!change) return;
    const known = (name: string) =>
      this.hosts.find((one) =>
        one.name === name && one.state !== "gone" && one.state !== "leaving"
      );
    for (const { name } of change.gone) {
      const host = known(name);
      if (host) this.leave(host);
    }
    for (const spec of change.changed) {
      const host = known(spec.name);
      if (host) this.resize(host, spec);
    }
    for (const spec of change.come) this.hosts.push(this.newHost(spec));
  }

  private newHost(spec: HostSpec): PoolHost {
    const { approach, records } = this.settings;
    return new PoolHost(spec, approach, records ? RECORD_PACE : JOB_PACE);
  }

  /** Changes its slots; running jobs beyond them are not disturbed. */
  private resize(host: PoolHost, spec: HostSpec): void {
    const { setup } = this.settings;
    const before = setup(host.spec).slots;
    host.spec = spec;
    const { slots } = setup(spec);
    const { link } = host;
    if (!link?.greeting || slots === before) return;
    host.asked = link.newSlots = resolveSlots(slots, link.greeting.cores);
  }

  private leave(host: PoolHost): void {
    if (host.state === "ready") host.state = "leaving";
    else {
      host.state = "gone";
      if (!host.link) return;
      // It may still become ready, and does not count as lost.
      host.link.isLeaving = true;
      this.links.dismiss(host.link);
    }
  }

  private open(host: PoolHost): void {
    const launch = this.next.get(host) ?? host.beginAnew();
    this.next.delete(host);
    host.state = "opening";
    if (launch.kind === "copy") debug("pool", "copying imp to a host", { host: host.name });
    try {
      host.link = this.links.start(host, launch);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.failed(host, hostError(host.name, { why: error.message, hint: error.hint }));
    }
  }

  /** A worker has greeted. */
  greeted(link: PoolLink): void {
    const { host } = link;
    const refused = host.approach.refused(link.greeting!);
    if (refused) {
      this.failed(host, refused);
      return this.links.dismiss(link);
    }
    const setup = { ...this.settings.setup(host.spec), credit: CREDIT_WINDOW };
    link.queue.push(jsonFrame(HOST_FRAME.setup, setup));
    const { files } = this.settings;
    if (!files) return;
    link.files = files.open();
    const base = files.plan.base(host);
    if (base) link.queue.push(link.files.begin(0, base));
  }

  /** Its messages are invalid, or it reports that it cannot work. @param forGood nor can another one */
  spoilt(link: PoolLink, error: ProtocolError | string, forGood = false): void {
    const why = typeof error === "string" ? error : error.message;
    link.complaint = why;
    if (link.host.state === "opening") this.failed(link.host, hostError(link.host.name, { why }));
    else if (forGood) this.overForGood(link.host, why);
    else link.hasFailed = typeof error === "string";
    this.links.dismiss(link);
  }

  private overForGood(host: PoolHost, why: string): void {
    host.state = "gone";
    const error = hostError(host.name, { why });
    if (!this.hasHosts) this.hooks.nobodyLeft(error.with({ exit: EXIT.failed }));
  }

  /** A link's process has ended. */
  ended(link: PoolLink, ending: Ending): void {
    const { host } = link;
    if (host.link !== link) return;
    host.link = undefined;
    if (link.isReady) return this.lost(link, ending);
    if (host.state !== "opening") return;
    const status = ending.how === "exit" ? ending.code : undefined;
    const stderr = link.complaints;
    const step: ApproachStep = link.greeting
      ? { failed: hostError(host.name, { why: endText(link, ending) }) }
      : host.approach.ended({ status, stdout: link.said, stderr });
    if ("failed" in step) return this.failed(host, step.failed);
    host.state = "idle";
    host.due = runtime.now() + step.after;
    this.next.set(host, step.launch);
  }

  private lost(link: PoolLink, ending: Ending): void {
    const { host } = link;
    const { state } = host;
    const wasExpected = link.isLeaving && host.given.size === 0;
    host.state = state === "leaving" || state === "gone" ? "gone" : "idle";
    host.due = runtime.now() + this.pause(host);
    if (wasExpected) {
      host.state = "gone";
      return;
    }
    const why = endText(link, ending);
    const isOver = link.hasFailed && this.settings.records !== undefined;
    this.hooks.lost(host, isOver ? "" : why, isOver ? 0 : link.queue.gone);
    if (isOver) this.giveUp(host, hostError(host.label, { why }));
  }

  private failed(host: PoolHost, error: ImpError): void {
    this.firstError ??= error;
    host.error = error;
    host.link = undefined;
    const again = host.wasReady && host.failures < PAUSES_MS.length;
    host.state = again ? "idle" : "gone";
    if (again) host.due = runtime.now() + this.pause(host);
    if (this.stopped) return;
    // If it gets no more jobs, its running ones end normally first.
    if (!this.hasHosts) return this.leaveNobody();
    if (this.settings.filtered && !host.wasReady) return;
    const then = again ? "trying again" : "going on without it";
    this.settings.warn(`${error.message}; ${then}`);
  }

  /** Workers of that program cannot work there: later ones could not either. */
  private giveUp(host: PoolHost, error: ImpError): void {
    this.firstError ??= error;
    host.error = error;
    host.state = "gone";
    if (this.stopped) return;
    if (this.hasHosts) this.settings.warn(`${error.message}; going on without it`);
    else this.hooks.nobodyLeft(this.firstError.with({ exit: EXIT.failed }));
  }

  /** If no host is left, and none has jobs any more. */
  private leaveNobody(): void {
    if (!this.firstError || this.hasHosts || this.hooks.isDone()) return;
    if (this.hosts.some(({ given }) => given.size > 0)) return;
    this.hooks.nobodyLeft(this.firstError.with({ exit: EXIT.failed }));
  }

  private pause(host: PoolHost): number {
    return PAUSES_MS[Math.min(host.failures++, PAUSES_MS.length - 1)];
  }
}

/** What is known about why a link has ended. */
function endText({ complaint, complaints }: PoolLink, ending: Ending): string {
  if (complaint !== undefined) return complaint;
  const said = lastWords(complaints);
  return said === "" ? `the connection ended (${describeEnding(ending)})` : said;
}
