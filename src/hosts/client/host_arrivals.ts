import { readSome } from "../../libc/descriptors/files.ts";
import { frameJson, frameText, HOST_FRAME, type HostFrame, ProtocolError } from "../frames.ts";
import type { WorkerLoad, WorkerReady } from "../greeting.ts";
import { MOST_SLOTS } from "../host_slots.ts";
import { answerIn } from "../answer_frames.ts";
import { endedIn } from "../job_frames.ts";
import { timeOfPing } from "./host_pulse.ts";
import type { HostConnector } from "./host_connector.ts";
import type { HostLinks } from "./host_links.ts";
import type { HostOutcomes } from "./host_outcomes.ts";
import type { GivenJob, PoolHost, PoolLink } from "./pool_host.ts";
import { lastWords, saysEnd } from "../ssh_errors.ts";

/** One host that keeps writing must not starve the others. */
const MOST_READS = 4;
/** The most that one read takes. Less means that there is no more. */
const READ_BYTES = 64 << 10;

/** How the pool reacts to a host's messages about itself. */
export interface ArrivalHooks {
  readonly warn: (text: string) => void;
  /** It can work. */
  readonly ready: (link: PoolLink, slots: number) => void;
  /** A worker there failed although it owed no answer. */
  readonly troubled: () => void;
  /** It has reported its machine's load. */
  readonly load: (host: PoolHost, load: Partial<WorkerLoad>) => void;
  /** Returned jobs are wanted elsewhere. */
  readonly wantsReturned: () => boolean;
}

/** Handles what comes from hosts. */
export class HostArrivals {
  constructor(
    private readonly links: HostLinks,
    private readonly connector: HostConnector,
    private readonly outcomes: HostOutcomes,
    private readonly hooks: ArrivalHooks,
  ) {}

  listen(): void {
    for (const [link, stream] of this.links.ready()) {
      if (stream === "stdin") this.links.send(link);
      else if (stream === "stderr") this.complaints(link);
      else this.read(link);
    }
  }

  /** Handles the last output of an ended process. */
  finish(link: PoolLink): void {
    for (const chunk of link.rest()) this.take(link, chunk);
    this.complaints(link);
  }

  private read(link: PoolLink): void {
    for (let reads = 0; reads < MOST_READS; reads++) {
      const chunk = link.read();
      if (chunk === undefined) return;
      if (chunk === false) {
        this.links.unwatch(link.pipes.stdout);
        return this.links.dismiss(link);
      }
      this.take(link, chunk);
      if (chunk.length < READ_BYTES) return;
    }
  }

  private complaints(link: PoolLink): void {
    const chunk = readSome(link.pipes.stderr);
    if (typeof chunk === "number") return;
    if (chunk.length === 0) return this.links.unwatch(link.pipes.stderr);
    for (const line of link.complain(chunk)) {
      const said = lastWords(line);
      // ssh's last message, or that of a worker that gives up, is reported together with its consequence.
      if (link.isReady && !link.hasFailed && said !== "" && !saysEnd(said)) {
        this.hooks.warn(`${link.host.label}: ${said}`);
      }
    }
  }

  private take(link: PoolLink, chunk: Uint8Array): void {
    if (link.complaint !== undefined) return;
    try {
      if (link.take(chunk)) this.connector.greeted(link);
      else if (link.hasAnswered) this.links.dismiss(link);
      for (let frame = link.next(); frame; frame = link.next()) this.frame(link, frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.connector.spoilt(link, error);
    }
  }

  private frame(link: PoolLink, frame: HostFrame): void {
    const { host } = link;
    const { type, payload } = frame;
    switch (type) {
      case HOST_FRAME.out:
      case HOST_FRAME.err:
        host.takes(payload.length);
        if (frame.job === 0) return this.outcomes.said(payload);
        this.outcomes.output(
          host,
          this.givenIn(frame, link),
          type === HOST_FRAME.out ? 1 : 2,
          payload,
        );
        return;
      case HOST_FRAME.answer:
        return this.answer(link, frame);
      case HOST_FRAME.file:
        return link.files?.take(frame.job, payload);
      case HOST_FRAME.ended:
        return this.outcomes.ended(host, this.givenIn(frame, link), endedIn(frame));
      case HOST_FRAME.returned:
        return this.outcomes.returned(this.givenIn(frame, link), this.hooks.wantsReturned());
      case HOST_FRAME.ready:
        return this.ready(link, frame);
      case HOST_FRAME.failed:
        return this.connector.spoilt(link, frameText(frame), frame.job !== 0);
      case HOST_FRAME.pong:
        return host.answered(timeOfPing(payload));
      case HOST_FRAME.load:
        return this.hooks.load(host, frameJson<WorkerLoad>(frame));
      case HOST_FRAME.note:
        return this.note(host, frameText(frame));
      case HOST_FRAME.left:
        if (frame.job > 0) this.hooks.troubled();
        return this.links.dismiss(link);
      case HOST_FRAME.started:
        return;
      default:
        throw new ProtocolError(`frame ${type}, which a worker does not send`);
    }
  }

  private answer(link: PoolLink, frame: HostFrame): void {
    const answer = answerIn(frame);
    link.host.takes(answer.bytes.length);
    this.outcomes.answered(link.host, this.givenIn(frame, link), answer);
  }

  private ready(link: PoolLink, frame: HostFrame): void {
    const { slots = 0 } = frameJson<WorkerReady>(frame);
    if (link.isReady || !Number.isInteger(slots) || slots < 1) {
      throw new ProtocolError("READY twice, or without slots");
    }
    link.isReady = true;
    link.complaints = "";
    this.hooks.ready(link, Math.min(slots, MOST_SLOTS));
  }

  /** This machine needs no name. */
  private note({ name, spec }: PoolHost, text: string): void {
    this.hooks.warn(spec.way.kind === "local" ? text : `${name}: ${text}`);
  }

  private givenIn({ job }: HostFrame, { host }: PoolLink): GivenJob {
    const given = host.given.get(job);
    if (given) return given;
    throw new ProtocolError(`a word about job ${job}, which it does not have`);
  }
}
