// The start rate of all workers of a queue together: each takes its turns from a shared record.
import { ServerClock } from "../server_clock.ts";
import type { QueueConnection } from "../connection/connection.ts";
import { apiCode } from "../connection/failures.ts";
import type { QueueSubjects } from "../names.ts";
import type { StartRate } from "../queue_settings.ts";
import type { StartGate } from "./admission.ts";
import { ERROR_CODE } from "../server_codes.ts";

/** Turns are taken for so long in advance: a fast queue does not load the servers. */
const AHEAD_MS = 100;
const AGAIN_MS = 500;
/** Another worker was faster. */
const RACE_MS = 20;

/** The content of the record. */
export interface NextTurn {
  /** When the next job may be started, milliseconds since 1970 by the server's clock. */
  readonly next: number;
  /** Milliseconds between two starts. */
  readonly every: number;
}

/** Turns from `now` on. Pure. @param last undefined, or of another rate: nobody has to be waited for */
export function takeTurns(
  last: NextTurn | undefined,
  now: number,
  every: number,
  count: number,
): { readonly first: number; readonly turn: NextTurn } {
  const first = last?.every === every ? Math.max(now, last.next) : now;
  return { first, turn: { next: first + count * every, every } };
}

/** Read from the record; undefined: it has none, somebody else has written it. */
export function turnIn(text: string): NextTurn | undefined {
  try {
    const { next, every } = JSON.parse(text);
    return Number.isFinite(next) && Number.isFinite(every) ? { next, every } : undefined;
  } catch {
    return undefined;
  }
}

/** Lets jobs begin at the queue's rate; all of them at once if it has none. */
export class RateGate implements StartGate {
  private rate: StartRate | undefined;
  private waiting: (() => void)[] = [];
  private busy = false;
  private readonly clock: ServerClock;

  constructor(
    private readonly connection: QueueConnection,
    private readonly subjects: QueueSubjects,
    /** The stream of runs. */
    private readonly stream: string,
  ) {
    this.clock = new ServerClock(connection, stream);
  }

  set(rate: StartRate | undefined): void {
    this.rate = rate;
    if (!rate) { for (const pass of this.waiting.splice(0)) pass(); }
    else void this.go();
  }

  ask(pass: () => void): void {
    if (!this.rate) return pass();
    this.waiting.push(pass);
    void this.go();
  }

  /** Nobody waits any more. */
  close(): void {
    this.waiting = [];
    this.rate = undefined;
  }

  private async go(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length > 0 && this.rate) {
      const every = this.rate.within / this.rate.starts;
      const count = Math.min(this.waiting.length, Math.max(1, Math.floor(AHEAD_MS / every)));
      const wait = await this.reserve(every, count).catch(() => undefined);
      if (wait === undefined) {
        await pause(AGAIN_MS);
        continue;
      }
      for (let i = 0; i < count; i++) {
        await pause(i === 0 ? wait : every);
        this.waiting.shift()?.();
      }
    }
    this.busy = false;
  }

  /** @returns milliseconds until the first of them; undefined: the servers do not answer */
  private async reserve(every: number, count: number): Promise<number | undefined> {
    const { manager, jetstream } = this.connection;
    const subject = this.subjects.own("rate");
    for (;;) {
      const last = await manager.streams.getMessage(this.stream, { last_by_subj: subject });
      const now = await this.clock.now();
      const { first, turn } = takeTurns(
        last ? turnIn(last.string()) : undefined,
        now,
        every,
        count,
      );
      const expect = { lastSubjectSequence: last?.seq ?? 0 };
      try {
        await jetstream.publish(subject, JSON.stringify(turn), { expect });
        return first - now;
      } catch (error) {
        if (apiCode(error) !== ERROR_CODE.wrongLastSequence) return undefined;
        await pause(Math.random() * RACE_MS);
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
