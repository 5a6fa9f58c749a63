import { NO_DATA, type QueueLink } from "../link.ts";
import { encodeRunStart } from "../run_records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import type { RunClientSettings } from "./client_settings.ts";
import { isServed, isUnserved, nobodyServes } from "./serving.ts";

/** How many checks must show jobs without ends. */
const LONELY_LOOKS = 3;

/** A client's counts for a run. */
export interface RunProgress {
  /** Jobs that have not ended. */
  readonly open: number;
  /** Ends received. */
  readonly ends: number;
  readonly unacknowledged: number;
}

/** Checks regularly whether anybody takes a run's jobs, and whether it is time to begin them. */
export class RunWatch {
  private lonely = 0;
  private over = false;
  private toldStart = false;

  constructor(
    private readonly settings: RunClientSettings,
    private readonly link: QueueLink,
    private readonly calls: StreamCalls,
    private readonly note: (text: string) => void,
  ) {}

  look(progress: RunProgress): void {
    const { mode, notBefore = -Infinity, ahead } = this.settings;
    if (Date.now() + ahead < notBefore) return;
    if (progress.unacknowledged === 0) this.begin();
    if (progress.ends > 0) this.over = true;
    if (this.over || mode === "detach" || progress.open === 0) return;
    if (++this.lonely < LONELY_LOOKS) return;
    isServed(this.link, this.settings, (served) => {
      if (this.over || !isUnserved(served)) return;
      this.over = true;
      this.note(nobodyServes(this.settings.subjects.queue, this.settings.lane, served));
    });
  }

  /** Workers bring back parked jobs, including those parked meanwhile. */
  private begin(): void {
    const { notBefore, subjects, run } = this.settings;
    if (this.toldStart || notBefore === undefined) return;
    this.toldStart = true;
    const data = encodeRunStart({ notBefore });
    this.calls.keep({ subject: subjects.run(run, "start"), data, id: `again.${run}` }, () => {
      this.link.publish(subjects.settings, NO_DATA);
    });
  }
}
