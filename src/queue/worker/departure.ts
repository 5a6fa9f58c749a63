import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";

/** How long a leaving worker tries to report its jobs to the servers. */
const PATIENCE_MS = 30_000;
/** After this time without an answer it prints a message. */
const TELL_MS = 5000;
const LOOK_MS = 500;

/** The state of a leaving worker. */
export interface LeavingWorker {
  /** Running jobs. */
  readonly atWork: () => number;
  /** Jobs not yet reported to the servers, including running ones. */
  readonly held: () => number;
  /** When the servers last did what was requested, by {@link now}. */
  readonly goodAt: () => number;
  readonly now: () => number;
  readonly tell: (text: string) => void;
  /** Leaves without having reported to the servers. */
  readonly giveUp: (failure: ImpError) => void;
}

/**
 * Makes sure that a worker that was told to leave does so even if the servers do not come back. Running jobs may finish
 * first.
 */
export class Departure {
  private timer: ReturnType<typeof setInterval> | undefined;
  private since = 0;
  private told = false;

  constructor(private readonly leaving: LeavingWorker) {}

  begin(): void {
    this.since = this.leaving.now();
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.timer);
  }

  look(): void {
    const { atWork, held, goodAt, now, tell, giveUp } = this.leaving;
    if (atWork() > 0) this.since = now();
    const waited = now() - Math.max(this.since, goodAt());
    const jobs = held() === 1 ? "1 job" : `${held()} jobs`;
    if (waited >= TELL_MS && !this.told) {
      this.told = true;
      tell(
        `is to leave, but the servers do not take what became of ${jobs}; tries for ${
          PATIENCE_MS / 1000
        } s`,
      );
    }
    if (waited < PATIENCE_MS) return;
    this.close();
    giveUp(
      new ImpError({
        action: "record",
        object: `what became of ${jobs}`,
        errno: "ETIMEDOUT",
        why: `the servers have done nothing for ${PATIENCE_MS / 1000} s`,
        hint: "other workers run them again; those of --at-most-once count as lost",
        exit: EXIT.failed,
      }),
    );
  }
}
