/** One request for jobs. */
interface Pull {
  readonly id: number;
  /** How many the server still owes. */
  left: number;
  /** The server no longer answers after this time. */
  readonly until: number;
}

/**
 * Requested jobs that have not come. A worker requests as many jobs as it can begin and no more: jobs queued at a busy
 * worker could be done by an idle one.
 */
export class Pulls {
  private open: Pull[] = [];
  private lastId = 0;

  /** Jobs that may come at any moment. */
  get owed(): number {
    let owed = 0;
    for (const { left } of this.open) owed += left;
    return owed;
  }

  /** Requests open on the server. */
  get requests(): number {
    return this.open.length;
  }

  /** When the first request ends at the latest. */
  get due(): number {
    let due = Infinity;
    for (const { until } of this.open) if (until < due) due = until;
    return due;
  }

  /** @returns the number of the request */
  asked(count: number, until: number): number {
    const id = ++this.lastId;
    this.open.push({ id, left: count, until });
    return id;
  }

  /** A job has come. The server serves requests in order. */
  came(): void {
    const first = this.open[0];
    if (!first) return;
    if (--first.left === 0) this.open.shift();
  }

  /** The server reports the end of a request. */
  over(id: number): void {
    this.open = this.open.filter((pull) => pull.id !== id);
  }

  /** @returns whether something was not answered in time: the request or its answer was lost */
  expire(now: number): boolean {
    if (this.due > now) return false;
    this.open = this.open.filter(({ until }) => until > now);
    return true;
  }

  /** The connection was lost, and with it the server's requests. */
  lost(): void {
    this.open = [];
  }
}
