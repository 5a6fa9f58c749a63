import { NO_DATA, type QueueLink } from "../link.ts";

/** After so much longer than a silent worker keeps its jobs, jobs of others are lost, or still theirs. */
const GRACE_MS = 2000;

/** What is asked, and who hears of it. */
export interface EmptinessTerms {
  /** The stream of jobs. */
  readonly stream: string;
  /** The consumers that deliver jobs. */
  readonly consumers: () => readonly string[];
  /** Milliseconds. */
  readonly ackWait: number;
  readonly isIdle: () => boolean;
  readonly empty: () => void;
}

/**
 * Whether a queue is empty, for a worker that then leaves. That no job waits is not enough: servers may also say so
 * about returned jobs, until the worker that had them would be missed, and a worker that has some may be lost.
 */
export class Emptiness {
  private asking = false;
  private lastJob: number;

  constructor(private readonly link: QueueLink, private readonly terms: EmptinessTerms) {
    this.lastJob = link.now();
  }

  jobCame(): void {
    this.lastJob = this.link.now();
  }

  /** A request brought nothing. */
  check(): void {
    if (this.asking || !this.terms.isIdle()) return;
    this.asking = true;
    const { stream } = this.terms, consumers = this.terms.consumers();
    let unanswered = consumers.length, waiting = 0, given = 0;
    for (const name of consumers) {
      const subject = `$JS.API.CONSUMER.INFO.${stream}.${name}`;
      this.link.request(subject, NO_DATA, undefined, (answer) => {
        const counts = answer?.status === 0 ? jobsCounted(answer.data) : undefined;
        waiting += counts?.waiting ?? Infinity;
        given += counts?.given ?? Infinity;
        if (--unanswered === 0) this.told(waiting, given);
      });
    }
  }

  private told(waiting: number, given: number): void {
    this.asking = false;
    const { ackWait, isIdle, empty } = this.terms;
    const isLate = this.link.now() - this.lastJob > ackWait + GRACE_MS;
    if (isIdle() && waiting === 0 && (given === 0 || isLate)) empty();
  }
}

function jobsCounted(answer: Uint8Array): { waiting: number; given: number } | undefined {
  try {
    const { num_pending, num_ack_pending } = JSON.parse(new TextDecoder().decode(answer));
    const are = Number.isInteger(num_pending) && Number.isInteger(num_ack_pending);
    return are ? { waiting: num_pending, given: num_ack_pending } : undefined;
  } catch {
    return undefined;
  }
}
