import type { NatsLink } from "../nats_link.ts";
import { type QueueSubjects, streamsOf } from "../names.ts";
import { decodeRunOrder } from "../run_records.ts";
import type { StreamCalls } from "../stream_calls.ts";

/** The polling interval, in case it was not announced. */
const LOOK_EVERY_MS = 10_000;

/** Notices that a run was removed while its client still works on it. */
export class RemovalWatch {
  private lookedAt: number;
  private over = false;

  constructor(
    private readonly link: NatsLink,
    private readonly calls: StreamCalls,
    private readonly subjects: QueueSubjects,
    private readonly run: string,
    /** @param why in words */
    private readonly gone: (why: string) => void,
  ) {
    this.lookedAt = link.now();
    link.listen(subjects.run(run, "order"), ({ data }) => {
      if (decodeRunOrder(data) === "remove") {
        this.end(`run ${run} was removed: imp runs remove`);
      }
    });
  }

  /** Call it regularly. */
  look(): void {
    if (this.link.now() - this.lookedAt > LOOK_EVERY_MS) this.lookNow();
  }

  /** Announcements without a connection were missed. */
  lookNow(): void {
    this.lookedAt = this.link.now();
    const { runs } = streamsOf(this.subjects.queue);
    this.calls.lastForSure(runs, this.subjects.run(this.run, "setup"), (setup) => {
      if (setup) return;
      this.end(
        `run ${this.run} is no longer in queue ${this.subjects.queue}: it was removed ` +
          "(imp runs remove), or the servers have lost their store",
      );
    });
  }

  private end(why: string): void {
    if (!this.over) this.gone(why);
    this.over = true;
  }
}
