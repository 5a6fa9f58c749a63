import type { FrameQueue } from "../frame_queue.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import { FileTraffic, SENDING } from "./file_traffic.ts";
import { decodeFileMessage, encodeFileMessage, type HostPlan } from "./messages.ts";
import type { ReturnedFile, SentFile } from "./places.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { walkTrees } from "./tree_source.ts";
import { TreeTarget } from "./tree_target.ts";
import type { Trouble } from "./trouble.ts";
import type { Way } from "./walk.ts";

/** Bytes kept ready to be sent; the rest stays in its files. */
const ENOUGH = 256 << 10;

/** A job's files, as both sides see them. */
export interface JobFiles {
  readonly host: HostPlan;
  readonly sent: readonly SentFile[];
  readonly returned: readonly ReturnedFile[];
}

/** The client's end of a connection: sends what jobs need, and receives what they return. */
export class ClientFiles {
  private readonly traffic = new FileTraffic();
  /** There may be something to send. */
  hasMore = false;

  /** @returns what to send to the worker before the job */
  begin(job: number, { host, sent, returned }: JobFiles): Uint8Array {
    if (sent.length > 0) {
      const rules = { ...SENDING, stopsAtTrouble: true };
      this.traffic.senders.set(job, new Sender(walkTrees(sent.map(wayHere)), rules));
    }
    if (returned.length > 0) {
      const target = new TreeTarget(returned.map(wayHere));
      this.traffic.receivers.set(job, new Receiver(target, returned.length));
    }
    this.hasMore = true;
    return hostFrame(HOST_FRAME.file, job, encodeFileMessage({ is: "plan", plan: host }));
  }

  /** Passes on as much as is useful now. */
  fill(queue: Pick<FrameQueue, "size" | "push">): void {
    while (this.hasMore && queue.size < ENOUGH) {
      const next = this.traffic.next();
      if (next) queue.push(hostFrame(HOST_FRAME.file, next.job, next.payload));
      else this.hasMore = false;
    }
  }

  /** @throws ProtocolError for an invalid message */
  take(job: number, payload: Uint8Array): void {
    this.traffic.take(job, decodeFileMessage(payload));
    this.hasMore = true;
  }

  /** What went wrong with a job's files. */
  trouble(job: number): Trouble | undefined {
    const { senders, receivers } = this.traffic;
    return senders.get(job)?.trouble ?? receivers.get(job)?.trouble;
  }

  /** The job is over. */
  end(job: number): void {
    this.traffic.close(job);
  }

  /** The connection has ended: incomplete files are removed. */
  close(): void {
    this.traffic.closeAll();
  }
}

/** A path as written by the user. */
function wayHere({ path }: { readonly path: string }): Way {
  return {
    from: path.startsWith("/") ? "/" : ".",
    names: path.split("/").filter(isName),
    label: path,
  };
}

function isName(name: string): boolean {
  return name !== "" && name !== ".";
}
