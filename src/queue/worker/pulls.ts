/** One request for jobs. */
interface Pull {
  readonly id: number;
  /** How many the server still owes. */
  left: number;
  /** The server answers no more from then on. */
  readonly until: number;
}

/**
 * What a worker has asked the queue for and has not got. It asks for as many jobs as it can begin and for no more: what lies
 * ready at a busy worker is work that an idle one could do.
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

  /** Requests that the server has open. */
  get requests(): number {
    return this.open.length;
  }

  /** When the first request is over at the latest. */
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

  /** A job has come. The server serves requests in their order. */
  came(): void {
    const first = this.open[0];
    if (!first) return;
    if (--first.left === 0) this.open.shift();
  }

  /** The server says that it answers a request no more. */
  over(id: number): void {
    this.open = this.open.filter((pull) => pull.id !== id);
  }

  /** Nothing came for them in their time: the request or its answer was lost. */
  expire(now: number): void {
    if (this.due <= now) this.open = this.open.filter(({ until }) => until > now);
  }

  /** The connection was lost, and with it what the server knew of requests. */
  lost(): void {
    this.open = [];
  }
}
