import { EAGAIN, POLLIN } from "../../libc/abi.ts";
import { readSome } from "../../libc/descriptors/files.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import type { JobSource } from "../../pool/settings.ts";
import {
  frameJson,
  frameNumber,
  HOST_FRAME,
  type HostFrame,
  hostFrame,
  HostFrames,
  ProtocolError,
  slotsIn,
} from "../frames.ts";
import type { WorkerSetup } from "../greeting.ts";
import { jobIn } from "../job_frames.ts";
import type { FrameOutput } from "./frame_output.ts";
import type { Loop } from "../../pool/loop.ts";
import type { ClientWatch } from "./client_watch.ts";
import type { WorkerFiles } from "./worker_files.ts";
import { WorkerJob } from "./worker_job.ts";

/** Maximum jobs waiting to begin: a client that sends more violates the protocol. */
const MOST_WAITING = 100_000;

/** What executes a client's orders. */
export interface ServingEngine {
  readonly loop: Loop;
  readonly watch: ClientWatch;
  readonly files?: WorkerFiles;
  readonly deadlines: { limit(ms: number): void };
  /** Jobs not begun, by their numbers in frames. */
  readonly waiting: Pick<ReadonlyMap<number, WorkerJob>, "get" | "has" | "size">;
  /** No more jobs come. */
  isClosing: boolean;
  add(job: WorkerJob): void;
  setSlots(slots: number, first: number): void;
  cancel(id: number): void;
}

/** A client's messages on the worker's stdin; for the loop it is the source of jobs. */
export class ClientOrders implements JobSource {
  private readonly frames = new HostFrames();
  private engine: ServingEngine | undefined;
  /** The connection has ended. */
  ended = false;
  readonly total = undefined;

  constructor(readonly fd: number, private readonly output: FrameOutput) {}

  /** Jobs go to the engine as they come: none waits here. */
  next(): undefined {
    return undefined;
  }

  /**
   * Waits for a client's first message.
   * @returns undefined if it sends none @throws ProtocolError
   */
  awaitSetup(): Partial<WorkerSetup> | undefined {
    const poll = new PollSet(1);
    for (;;) {
      const frame = this.frames.next();
      if (frame) {
        if (frame.type === HOST_FRAME.setup) return frameJson<WorkerSetup>(frame);
        throw new ProtocolError(`frame ${frame.type} before SETUP`);
      }
      if (this.ended) return undefined;
      poll.watch(0, this.fd, POLLIN);
      poll.wait(-1);
      this.take();
    }
  }

  /** From now on orders go to the engine, including those received already. */
  serve(engine: ServingEngine): void {
    this.engine = engine;
    try {
      this.obey();
    } catch (error) {
      engine.loop.stopNow({ why: "failed", error });
    }
  }

  read(): void {
    this.take();
    this.engine?.watch.hears();
    this.obey();
    // Whether or not it has said that no more comes: the client is gone.
    if (this.ended) this.engine?.loop.stopNow({ why: "gone" });
  }

  private take(): void {
    const chunk = readSome(this.fd);
    if (typeof chunk === "number") this.ended ||= chunk !== -EAGAIN;
    else if (chunk.length === 0) this.ended = true;
    else this.frames.push(chunk);
  }

  private obey(): void {
    for (let frame = this.frames.next(); frame; frame = this.frames.next()) this.order(frame);
  }

  private order(frame: HostFrame): void {
    const engine = this.engine!;
    const { type, job: id, payload } = frame;
    switch (type) {
      case HOST_FRAME.job:
        return this.job(frame);
      case HOST_FRAME.input:
        return engine.waiting.get(id)?.input?.add(payload);
      case HOST_FRAME.inputEnd:
        return engine.waiting.get(id)?.hasAll();
      case HOST_FRAME.cancel:
        return engine.cancel(id);
      case HOST_FRAME.file:
        if (!engine.files) throw new ProtocolError("files, of which SETUP says nothing");
        return engine.files.take(id, payload);
      case HOST_FRAME.credit:
        this.output.credit += frameNumber(frame);
        return;
      case HOST_FRAME.slots:
        return this.slots(frame);
      case HOST_FRAME.limit:
        return engine.deadlines.limit(frameNumber(frame));
      case HOST_FRAME.ping:
        return this.output.push(hostFrame(HOST_FRAME.pong, id, payload));
      case HOST_FRAME.pause:
        return engine.watch.pause(frameNumber(frame) === 1);
      case HOST_FRAME.close:
        engine.isClosing = true;
        return;
      case HOST_FRAME.settled:
      case HOST_FRAME.all:
        return;
      default:
        throw new ProtocolError(`frame ${type}, which a client does not send`);
    }
  }

  private slots(frame: HostFrame): void {
    const { slots, first } = slotsIn(frame);
    this.engine!.setSlots(slots, first);
  }

  private job(frame: HostFrame): void {
    const { waiting, loop, isClosing } = this.engine!;
    if (frame.job === 0 || waiting.has(frame.job)) {
      throw new ProtocolError(`job ${frame.job} twice`);
    }
    if (waiting.size >= MOST_WAITING) throw new ProtocolError(`more than ${MOST_WAITING} jobs`);
    if (loop.stop || isClosing) this.output.push(hostFrame(HOST_FRAME.returned, frame.job));
    else this.engine!.add(new WorkerJob(frame.job, jobIn(frame)));
  }
}
