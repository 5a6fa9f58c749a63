import { runtime } from "../../runtime/mod.ts";
import { availableMemory, currentLoad } from "../../pool/machine_load.ts";
import { HOST_FRAME, jsonFrame } from "../frames.ts";
import type { WorkerLoad, WorkerSetup } from "../greeting.ts";
import type { FrameOutput } from "./frame_output.ts";

const LOAD_MS = 1000;

/** Notices that a client says nothing any more, and tells it how the machine is. Times are on the clock of runtime.now(). */
export class ClientWatch {
  private heard = runtime.now();
  private readonly silence: number;
  private nextLoad: number;

  /** @param gone the client has said nothing for too long */
  constructor(
    { heartbeat = 0, load }: WorkerSetup,
    private readonly output: FrameOutput,
    private readonly gone: () => void,
  ) {
    this.silence = heartbeat > 0 ? heartbeat : Infinity;
    this.nextLoad = load ? this.heard : Infinity;
  }

  /** Something has come from the client. */
  hears(): void {
    this.heard = runtime.now();
  }

  /** The client is stopped: it says nothing until it goes on. */
  pause(): void {
    this.heard = Infinity;
  }

  get due(): number {
    return Math.min(this.heard + this.silence, this.nextLoad);
  }

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    this.heard += ms;
  }

  look(now: number): void {
    if (now >= this.nextLoad) {
      this.nextLoad = now + LOAD_MS;
      const load: WorkerLoad = {
        load: currentLoad(),
        memory: availableMemory(),
        time: Date.now(),
      };
      this.output.push(jsonFrame(HOST_FRAME.load, load));
    }
    if (now < this.heard + this.silence) return;
    this.pause();
    this.gone();
  }
}
