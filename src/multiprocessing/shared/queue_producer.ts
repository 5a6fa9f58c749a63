import { ItemClaims } from "./claims.ts";
import type { Payload } from "../wire/payload.ts";
import type { RemotePort } from "./port.ts";
import { SharedMemory } from "./shared_memory.ts";

/** Puts items of this process into a queue that lives in another one. */
export class QueueProducer {
  private claims: ItemClaims | undefined;

  constructor(private readonly port: RemotePort, private readonly bounded: boolean) {}

  /** @throws Full; OwnerDied */
  put(payload: Payload, block: boolean, timeout?: number): Promise<void> {
    if (!this.bounded) return this.port.post("put", payload);
    // A place that was promised is there, whatever others do meanwhile.
    if (this.claims?.claim()) return this.port.post("promised", payload);
    return this.ask(payload, block, timeout);
  }

  private async ask(payload: Payload, block: boolean, timeout?: number): Promise<void> {
    const memory = await this.port.call("put", [payload, block], timeout);
    if (memory instanceof SharedMemory) {
      this.claims = new ItemClaims(new Int32Array(memory.buffer));
    }
  }
}
