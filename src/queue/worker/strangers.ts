import { endRecord } from "../end_verdict.ts";
import { NO_DATA, type QueueMessage } from "../link.ts";
import { isOfOtherVersion } from "../records.ts";
import type { DeliveryFacts, StreamCalls } from "../stream_calls.ts";
import type { TakerSettings } from "./taker_settings.ts";

/** A worker that knows the version may be there: it gets so much time. */
const LATER_MS = 1000;

/** Messages of the queue that are not jobs readable by this worker. */
export class Strangers {
  /** Messages that were not imp's. */
  dropped = 0;

  constructor(
    private readonly settings: TakerSettings,
    private readonly calls: StreamCalls,
    /** There is room for another job. */
    private readonly done: () => void,
  ) {}

  /** @param named undefined: not even its subject is a job's */
  take(
    { data, reply }: QueueMessage,
    named: { readonly run: string; readonly key: string } | undefined,
    { deliveries }: DeliveryFacts,
  ): void {
    if (!named || !isOfOtherVersion(data)) {
      this.dropped++;
      // Acknowledged, so that it is not delivered again.
      return this.calls.acknowledge(reply, this.done);
    }
    if (deliveries <= this.settings.mostDeliveries) {
      this.calls.giveBackLater(reply, LATER_MS);
      return this.done();
    }
    const { subjects, host, pid, id } = this.settings;
    const { run, key } = named;
    const end = {
      ...{ how: "given up", attempt: id, host, pid, deliveries, at: Date.now() } as const,
      why: "another version of imp submitted it",
      ...{ ended: NO_DATA, out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0, job: NO_DATA },
    };
    this.calls.keep(endRecord(subjects.end(run, key), `end.${run}.${key}.${id}`, end), () => {
      this.calls.acknowledge(reply, this.done);
    });
  }
}
