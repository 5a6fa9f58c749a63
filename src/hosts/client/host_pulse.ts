import { emptyFrame, HOST_FRAME, PAYLOAD_AT, ProtocolError } from "../frames.ts";
import type { HostConnector } from "./host_connector.ts";
import type { HostLinks } from "./host_links.ts";

/** Pings hosts, so that both sides know the other is alive. Times are on the clock of runtime.now(). */
export class HostPulse {
  private next = 0;
  private readonly every: number;

  /** @param silence milliseconds after which a silent host counts as lost */
  constructor(
    private readonly silence: number,
    private readonly links: HostLinks,
    private readonly connector: HostConnector,
  ) {
    this.every = silence / 4;
  }

  get due(): number {
    return this.next;
  }

  look(now: number): void {
    if (now < this.next) return;
    this.next = now + this.every;
    for (const link of this.links.all) {
      if (!link.isReady || link.isClosed) continue;
      if (now - link.heard > this.silence && link.host.spec.way.kind !== "local") {
        this.connector.spoilt(
          link,
          `it was silent for ${Math.round(this.silence / 1000)} s`,
        );
        this.links.kill(link);
      } else link.queue.pushUrgent(pingFrame(now));
    }
  }

  /** Nobody could send anything for so many milliseconds. */
  postpone(ms: number): void {
    for (const link of this.links.all) link.heard += ms;
    this.next = 0;
  }
}

/** When the ping was sent that this answers. @throws ProtocolError */
export function timeOfPing(payload: Uint8Array): number {
  if (payload.length !== 8) throw new ProtocolError(`an answer of ${payload.length} bytes to PING`);
  return new DataView(payload.buffer, payload.byteOffset, 8).getFloat64(0, true);
}

/** A ping that contains when it was sent. */
export function pingFrame(now: number): Uint8Array {
  const { bytes, view } = emptyFrame(HOST_FRAME.ping, 0, 8);
  view.setFloat64(PAYLOAD_AT, now, true);
  return bytes;
}
