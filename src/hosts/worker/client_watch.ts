import { runtime } from "../../runtime/mod.ts";
import { availableMemory, currentLoad } from "../../procfs/machine.ts";
import { HOST_FRAME, jsonFrame } from "../frames.ts";
import type { WorkerLoad, WorkerSetup } from "../greeting.ts";
import type { FrameOutput } from "./frame_output.ts";

const LOAD_MS = 1000;

/** Notices a silent client, and reports the machine's load to it. Times are on the clock of runtime.now(). */
export class ClientWatch {
  private heard = runtime.now();
  private readonly silence: number;
  private nextLoad: number;
  /** When the jobs were stopped, with the client. */
  private stoppedAt: number | undefined;

  /**
   * @param gone the client has been silent for too long @param stopped jobs are stopped with it; or were, for so many
   *   milliseconds
   */
  constructor(
    { heartbeat = 0, load }: WorkerSetup,
    private readonly output: FrameOutput,
    private readonly gone: () => void,
    private readonly stopped: (ms: number | undefined) => void,
  ) {
    this.silence = heartbeat > 0 ? heartbeat : Infinity;
    this.nextLoad = load ? this.heard : Infinity;
  }

  /** Something has come from the client. */
  hears(): void {
    this.heard = runtime.now();
    if (this.stoppedAt === undefined) return;
    this.stopped(this.heard - this.stoppedAt);
    this.stoppedAt = undefined;
  }

  /** The client is silent until it continues. @param all the jobs are stopped with it */
  pause(all: boolean): void {
    this.heard = Infinity;
    if (!all) return;
    this.stoppedAt = runtime.now();
    this.stopped(undefined);
  }

  get due(): number {
    return Math.min(this.heard + this.silence, this.nextLoad);
  }

  /** Nobody could act for so many milliseconds. */
  postpone(ms: number): void {
    this.heard += ms;
  }

  look(now: number): void {
    if (now >= this.nextLoad) {
      this.nextLoad = now + LOAD_MS;
      const load: WorkerLoad = {
        load: currentLoad(),
        memory: availableMemory() ?? Infinity,
        time: Date.now(),
      };
      this.output.push(jsonFrame(HOST_FRAME.load, load));
    }
    if (now < this.heard + this.silence) return;
    this.heard = Infinity;
    this.gone();
  }
}
