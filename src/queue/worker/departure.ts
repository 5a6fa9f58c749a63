import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";

/** A worker that leaves tries for so long to tell the servers what became of its jobs. */
const PATIENCE_MS = 30_000;
/** It says so after so long without an answer. */
const TELL_MS = 5000;
const LOOK_MS = 500;

/** What a worker has when it leaves. */
export interface LeavingWorker {
  /** Jobs that run. */
  readonly atWork: () => number;
  /** Jobs that the servers have not been told of, those that run included. */
  readonly held: () => number;
  /** When the servers last did what was asked, by {@link now}. */
  readonly goodAt: () => number;
  readonly now: () => number;
  readonly tell: (text: string) => void;
  /** It leaves without having told the servers. */
  readonly giveUp: (failure: ImpError) => void;
}

/** Sees that a worker which was told to leave does so although the servers do not come back. What runs may finish first. */
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
