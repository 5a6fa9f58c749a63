import type { JobSource } from "../pool/settings.ts";
import type { Job } from "../pool/types.ts";

/** Each job of a source once for every host, in host order: `--onall`. */
export class EachHostJobs implements JobSource {
  private seq = 0;
  private job: Job | undefined;
  /** The host that gets the job next. */
  private turn = 0;

  /** @param hosts their names, at least one */
  constructor(private readonly source: JobSource, private readonly hosts: readonly string[]) {}

  next(): Job | undefined {
    this.job ??= this.source.next();
    const { job } = this;
    if (!job) return undefined;
    const host = this.hosts[this.turn++];
    if (this.turn === this.hosts.length) {
      this.turn = 0;
      this.job = undefined;
    }
    return { ...job, seq: ++this.seq, number: job.seq, host };
  }

  get ended(): boolean {
    return !this.job && this.source.ended;
  }

  get fd(): number {
    return this.job ? -1 : this.source.fd;
  }

  read(): void {
    this.source.read();
  }

  get total(): number | undefined {
    const { total } = this.source;
    return total === undefined ? undefined : total * this.hosts.length;
  }
}
