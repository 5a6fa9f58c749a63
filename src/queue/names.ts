// Names on the server: streams, subjects, and what may be part of them.
import { UsageError } from "../base/errors.ts";
import { isUsualLane, type Lane, laneOfWord, laneWord, USUAL_LANE } from "./lanes.ts";

const CHARACTERS = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** Whether a queue or a run may have this name: one word of a subject, and part of a stream's name. */
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

/** A new run's name: its start and a random part. Names sort by time. */
export function newRunName(now: number, random: number): string {
  const chance = Math.floor(random * 36 ** 6).toString(36).padStart(6, "0");
  return `${now.toString(36).padStart(9, "0")}-${chance}`;
}

/** The streams of a queue. */
export interface StreamNames {
  /** Unfinished jobs: each message exists until it is acknowledged. */
  readonly jobs: string;
  /** Results of jobs: one end for each, and large outputs. */
  readonly results: string;
  /** Records of runs: the last message of each subject. */
  readonly runs: string;
}

export function streamsOf(queue: string): StreamNames {
  return {
    jobs: `IMP_${queue}_JOBS`,
    results: `IMP_${queue}_RESULTS`,
    runs: `IMP_${queue}_RUNS`,
  };
}

/** The durable consumer of the usual lane, shared by all workers. */
export const WORKERS = "workers";

/** The durable consumer of a lane. */
export function workersOf(lane: Lane): string {
  return isUsualLane(lane) ? WORKERS : WORKERS + laneWord(lane);
}

/** @returns undefined if a consumer belongs to no lane */
export function laneOfWorkers(consumer: string): Lane | undefined {
  if (consumer === WORKERS) return USUAL_LANE;
  return consumer.startsWith(WORKERS) ? laneOfWord(consumer.slice(WORKERS.length)) : undefined;
}

/** Records of a run, each with its own subject. */
export type RunTopic =
  /** How to run its jobs; written first, never changed. */
  | "setup"
  /** No further jobs come. */
  | "closed"
  /** What its client has printed. */
  | "settled"
  /** A request: pause, cancel. */
  | "order"
  /** The run that has its failed jobs. */
  | "retry"
  /** When its parked jobs are brought back; removed once they are. */
  | "start";

export type QueueTopic =
  /** When the next job may be started. */
  | "rate"
  /** A worker has removed what was too old or too much. */
  | "pruned";

/** The subjects of a queue. For listening, runs and keys of jobs may be `*`, keys also `>`. */
export class QueueSubjects {
  private readonly root: string;

  constructor(readonly queue: string) {
    this.root = `imp.${queue}`;
  }

  /**
   * Lanes other than the usual one are below `parked`: streams made by imp 0.3 accept them, and its workers leave them
   * alone.
   */
  job(run: string, key: string, lane = USUAL_LANE): string {
    return isUsualLane(lane)
      ? `${this.root}.job.${run}.${key}`
      : `${this.root}.parked.${laneWord(lane)}.${run}.${key}`;
  }

  /** Jobs of a run in any lane but the usual one. */
  inLanes(run: string, key: string): string {
    return `${this.root}.parked.*.${run}.${key}`;
  }

  /** Jobs of a paused run: nobody takes them. */
  parked(run: string, key: string): string {
    return `${this.root}.parked.${run}.${key}`;
  }

  /** The one record of how a job ended. */
  end(run: string, key: string): string {
    return `${this.root}.end.${run}.${key}`;
  }

  /** Output of an attempt that does not fit into its end. */
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

  /** A part of a called module; kept in the stream of runs, and no run can have its name. */
  module(digest: string, part: number): string {
    return `${this.root}.run._module.${digest}.${part}`;
  }

  /** A record of the queue itself rather than of a run; kept in the stream of runs. */
  own(topic: QueueTopic): string {
    return `${this.root}.run.-.${topic}`;
  }

  /** Announces changed settings; in no stream. */
  get settings(): string {
    return `${this.root}.settings`;
  }

  /** Answered by a run's client, if there is one; in no stream. */
  client(run: string): string {
    return `${this.root}.client.${run}`;
  }

  /** Answered by a worker that serves this lane; in no stream. */
  serves(lane: Lane): string {
    return `${this.root}.serves.${laneWord(lane)}`;
  }

  /** The subjects of each stream. */
  ofStreams(): Readonly<Record<keyof StreamNames, readonly string[]>> {
    const of = (kind: string) => `${this.root}.${kind}.>`;
    return {
      jobs: [of("job"), of("parked")],
      results: [of("end"), of("out"), of("begun")],
      runs: [of("run")],
    };
  }

  /** What workers take from a lane: not what is parked. */
  taken(lane: Lane): string {
    return isUsualLane(lane) ? `${this.root}.job.>` : this.job("*", "*", lane);
  }
}

/** A job of a run: its number, and the attempt's if not the first. */
export function jobKey(seq: number, attempt: number): string {
  return attempt > 1 ? `${seq}-${attempt}` : String(seq);
}

/** A unique subject for answers. */
export function newInbox(): string {
  return `_INBOX.${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Which job a subject of `job`, `parked` or `end` is about; undefined: none. */
export function jobOfSubject(subject: string): { run: string; key: string } | undefined {
  const words = subject.split(".");
  if (words.length === 6 && words[2] === "parked" && laneOfWord(words[3])) words.splice(3, 1);
  if (words.length !== 5 || words[0] !== "imp") return undefined;
  const [, , , run, key] = words;
  return isQueueWord(run) && KEY.test(key) ? { run, key } : undefined;
}

const KEY = /^[1-9][0-9]{0,14}(?:-[1-9][0-9]{0,5})?$/;
