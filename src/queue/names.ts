// What a queue is called on the server: streams, subjects, and what may be a part of them.
import { UsageError } from "../base/errors.ts";

const CHARACTERS = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** Whether a queue or a run can be called so: one word of a subject, and a part of a stream's name. */
export function isQueueWord(name: string): boolean {
  return CHARACTERS.test(name);
}

/** @param what `queue` or `run` @throws UsageError */
export function checkQueueWord(what: string, name: string): string {
  if (isQueueWord(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} is not a valid name of a ${what}`,
    "use letters, digits, '_' and '-', at most 32 of them, beginning with a letter or a digit",
  );
}

/** A new run: when it began, and chance. Names sort by time. */
export function newRunName(now: number, random: number): string {
  const chance = Math.floor(random * 36 ** 6).toString(36).padStart(6, "0");
  return `${now.toString(36).padStart(9, "0")}-${chance}`;
}

/** The streams of a queue. */
export interface StreamNames {
  /** Jobs that are not done: each message is there until it is acknowledged. */
  readonly jobs: string;
  /** What became of jobs: one end for each, and large outputs. */
  readonly results: string;
  /** What is known of runs: the last message of each subject. */
  readonly runs: string;
}

export function streamsOf(queue: string): StreamNames {
  return {
    jobs: `IMP_${queue}_JOBS`,
    results: `IMP_${queue}_RESULTS`,
    runs: `IMP_${queue}_RUNS`,
  };
}

/** The durable consumer of the jobs, which all workers share. */
export const WORKERS = "workers";

/** What is known of a run, each a subject of its own. */
export type RunTopic =
  /** How its jobs are to be run; written first, never changed. */
  | "setup"
  /** No further job comes. */
  | "closed"
  /** What its client has printed. */
  | "settled"
  /** What somebody wants: pause, cancel. */
  | "order";

export type QueueTopic =
  /** When the next job may be started. */
  | "rate"
  /** By it workers learn what time it is by the server's clock. */
  | "clock"
  /** A worker has removed what was too old or too much. */
  | "pruned";

/** The subjects of a queue. Runs and the keys of jobs may be `*`, keys also `>`, where they are listened to. */
export class QueueSubjects {
  private readonly root: string;

  constructor(readonly queue: string) {
    this.root = `imp.${queue}`;
  }

  job(run: string, key: string): string {
    return `${this.root}.job.${run}.${key}`;
  }

  /** Jobs of a run that is paused: nobody takes them. */
  parked(run: string, key: string): string {
    return `${this.root}.parked.${run}.${key}`;
  }

  /** The one record of how a job has ended. */
  end(run: string, key: string): string {
    return `${this.root}.end.${run}.${key}`;
  }

  /** Output of an attempt that does not fit its end. */
  output(run: string, key: string, attempt: string): string {
    return `${this.root}.out.${run}.${key}.${attempt}`;
  }

  /** Who may run a job that must not run twice. */
  begun(run: string, key: string): string {
    return `${this.root}.begun.${run}.${key}`;
  }

  run(run: string, topic: RunTopic | "*"): string {
    return `${this.root}.run.${run}.${topic}`;
  }

  /** What is of the queue and of no run; the stream of runs has it. */
  own(topic: QueueTopic): string {
    return `${this.root}.run.-.${topic}`;
  }

  /** Somebody has set something; in no stream. */
  get settings(): string {
    return `${this.root}.settings`;
  }

  /** Answered by the client that a run has, if there is one; in no stream. */
  client(run: string): string {
    return `${this.root}.client.${run}`;
  }

  /** What each stream takes in. */
  ofStreams(): Readonly<Record<keyof StreamNames, readonly string[]>> {
    const of = (kind: string) => `${this.root}.${kind}.>`;
    return {
      jobs: [of("job"), of("parked")],
      results: [of("end"), of("out"), of("begun")],
      runs: [of("run")],
    };
  }

  /** What workers take: not what is parked. */
  get taken(): string {
    return `${this.root}.job.>`;
  }
}

/** A job of a run: its number, and with which attempt at it, where that is not the first. */
export function jobKey(seq: number, attempt: number): string {
  return attempt > 1 ? `${seq}-${attempt}` : String(seq);
}

/** Which job a subject of `job`, `parked` or `end` is about; undefined: of none. */
export function jobOfSubject(subject: string): { run: string; key: string } | undefined {
  const words = subject.split(".");
  if (words.length !== 5 || words[0] !== "imp") return undefined;
  const [, , , run, key] = words;
  return isQueueWord(run) && KEY.test(key) ? { run, key } : undefined;
}

const KEY = /^[1-9][0-9]{0,14}(?:-[1-9][0-9]{0,5})?$/;
