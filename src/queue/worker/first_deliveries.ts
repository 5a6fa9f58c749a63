import { NO_DATA, type QueueLink } from "../link.ts";
import type { DeliveryFacts } from "../stream_calls.ts";

/** How a server identifies itself. */
interface ServerNames {
  readonly server_name: string;
  readonly cluster?: string;
  /** It has streams itself. */
  readonly jetstream?: boolean;
}

/**
 * Which messages were certainly never delivered before: no need to ask whether they have ended. The server counts
 * deliveries, and forgets some when it is killed. What came into the stream of a lone server after this process had
 * connected to it was counted by a server that is still running.
 */
export class FirstDeliveries {
  /** After this place. */
  private behind = Infinity;
  private time = 0;

  constructor(
    private readonly link: QueueLink,
    private readonly stream: string,
    private readonly server: () => ServerNames | undefined,
  ) {}

  /** There is a connection, perhaps a new one. */
  learn(): void {
    this.forget();
    const time = this.time;
    this.link.request(`$JS.API.STREAM.INFO.${this.stream}`, NO_DATA, undefined, (answer) => {
      if (time === this.time && answer?.status === 0) this.behind = this.lastPlace(answer.data);
    });
  }

  forget(): void {
    this.time++;
    this.behind = Infinity;
  }

  has({ deliveries, place }: DeliveryFacts): boolean {
    return deliveries === 1 && place > this.behind;
  }

  private lastPlace(answer: Uint8Array): number {
    const server = this.server();
    try {
      const { state, cluster } = JSON.parse(new TextDecoder().decode(answer));
      const isHere = cluster === undefined || cluster.leader === server?.server_name;
      const isAlone = server?.jetstream === true && server.cluster === undefined && isHere;
      return isAlone ? state.last_seq : Infinity;
    } catch {
      return Infinity;
    }
  }
}
