import { NO_DATA } from "../link.ts";
import { decodeEnd, encodeEnd } from "../records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import type { TakerSettings } from "./taker_settings.ts";

/**
 * How often a job was begun; servers count deliveries to workers, which may have returned it. At the first delivery
 * nothing is written, so that most jobs cost nothing: it counts, unless its worker has said that it did not begin.
 */
export class Beginnings {
  /** Before this delivery. */
  count = 0;
  /** The last record is outdated. */
  private isOff = true;

  constructor(
    private readonly calls: StreamCalls,
    private readonly settings: TakerSettings,
    private readonly job: { readonly run: string; readonly key: string; readonly attempt: string },
  ) {}

  /** For a job delivered before. */
  read(done: () => void): void {
    const { calls, settings: { streams } } = this;
    calls.lastForSure(streams.results, this.subject, (data) => {
      this.count = (data && decodeEnd(data)?.deliveries) ?? 1;
      this.isOff = false;
      done();
    });
  }

  /** It begins now. */
  begin(done: () => void): void {
    this.isOff = true;
    this.write("begun", this.count + 1, done);
  }

  /** It was not begun. */
  notBegun(done: () => void): void {
    if (this.isOff) this.write("not-begun", this.count, done);
    else done();
  }

  private get subject(): string {
    const { job: { run, key }, settings: { subjects } } = this;
    return subjects.begun(run, key);
  }

  private write(word: string, deliveries: number, done: () => void): void {
    const { calls, job: { run, key, attempt }, settings: { host, pid } } = this;
    const data = encodeEnd({
      ...{ how: "lost", attempt, host, pid, deliveries, at: Date.now(), why: "" },
      ...{ ended: NO_DATA, out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0, job: NO_DATA },
    });
    calls.keep({ subject: this.subject, data, id: `${word}.${run}.${key}.${attempt}` }, done);
  }
}
