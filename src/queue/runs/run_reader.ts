import type { QueueConnection } from "../connection/connection.ts";
import type { Served } from "../client/serving.ts";
import { apiCode, queueFailure } from "../connection/failures.ts";
import { isUsualLane, type Lane, USUAL_LANE } from "../lanes.ts";
import {
  isQueueWord,
  jobOfSubject,
  laneOfWorkers,
  QueueSubjects,
  type RunTopic,
  streamsOf,
  WORKERS,
} from "../names.ts";
import {
  decodeRunClosed,
  decodeRunOrder,
  decodeRunSetup,
  type RunClosed,
  type RunOrder,
  type RunSetup,
} from "../run_records.ts";
import { END_HEADER, verdictIn } from "../end_verdict.ts";
import { EndTally } from "./end_tally.ts";
import { messagesOf } from "./stream_reader.ts";
import type { RunFacts } from "./run_state.ts";
import { ServerClock } from "../server_clock.ts";
import { ERROR_CODE } from "../server_codes.ts";

/** A live client or worker answers at once. */
const ANSWER_MS = 1000;
/** After so long a job whose end is recorded should have left the queue. */
const REMOVED_MS = 5000;

/** A whole queue. */
export interface QueueFacts {
  readonly queue: string;
  /** Jobs not given to a worker. */
  readonly waiting: number;
  /** Jobs given to workers. */
  readonly given: number;
  /** Bytes of results. */
  readonly resultBytes: number;
  readonly replicas: number;
}

/** The records of a run. */
export interface RunRecords {
  setup?: RunSetup;
  closed?: RunClosed;
  order: RunOrder;
  /** When its setup was stored, milliseconds since 1970 by the servers' clock. */
  begun: number;
}

/** Examines the runs of a queue; changes nothing. */
export class RunReader {
  readonly subjects: QueueSubjects;
  readonly streams: ReturnType<typeof streamsOf>;
  readonly clock: ServerClock;

  constructor(readonly connection: QueueConnection, readonly queue: string) {
    this.subjects = new QueueSubjects(queue);
    this.streams = streamsOf(queue);
    this.clock = new ServerClock(connection, this.streams.runs);
  }

  /** @returns undefined if there is no such queue */
  async facts(): Promise<QueueFacts | undefined> {
    const { manager } = this.connection;
    try {
      const results = await manager.streams.info(this.streams.results);
      // A cluster lists no consumers of a missing stream, and no error.
      await manager.streams.info(this.streams.jobs);
      let waiting = 0, given = 0;
      for await (const workers of manager.consumers.list(this.streams.jobs)) {
        if (laneOfWorkers(workers.name) === undefined) continue;
        waiting += workers.num_pending;
        given += workers.num_ack_pending;
      }
      return {
        queue: this.queue,
        waiting,
        given,
        resultBytes: results.state.bytes,
        replicas: results.config.num_replicas,
      };
    } catch (error) {
      if (apiCode(error) === ERROR_CODE.streamMissing) return undefined;
      throw queueFailure(error, "look at", `queue ${this.queue}`);
    }
  }

  /** The records of all runs, or of one, in the order in which they started. */
  async records(only = "*"): Promise<Map<string, RunRecords>> {
    const runs = new Map<string, RunRecords>(), begun = new Set<string>();
    const subjects = this.subjects.run(only, "*");
    for await (
      const { subject, data, time } of messagesOf(this.connection, this.streams.runs, subjects)
    ) {
      const [, , , run, topic] = subject.split(".");
      if (!isQueueWord(run)) continue;
      const records: RunRecords = runs.get(run) ?? { order: "go on", begun: 0 };
      runs.set(run, records);
      if (topic === "setup") {
        begun.add(run);
        records.begun = time.getTime();
      }
      addRecord(records, topic as RunTopic, data);
    }
    // Late records of a removed run do not make a run.
    return new Map([...runs].filter(([run]) => begun.has(run)).sort(([a], [b]) => a < b ? -1 : 1));
  }

  /** Counts the results of a run. */
  async tally(run: string): Promise<EndTally> {
    const tally = new EndTally();
    const all = messagesOf(this.connection, this.streams.results, this.subjects.end(run, "*"), {
      headersOnly: true,
    });
    for await (const { subject, headers } of all) {
      const key = jobOfSubject(subject)?.key.split("-").map(Number);
      if (key) tally.add(key[0], key[1] ?? 1, verdictIn(headers?.get(END_HEADER) ?? ""));
    }
    return tally;
  }

  /** Everything about a run that can be told without reading outputs. */
  async run(run: string, records: RunRecords, parked: number): Promise<RunFacts> {
    const [tally, last, attached] = await Promise.all([
      this.tally(run),
      this.lastWaiting(run),
      this.isAttached(run),
    ]);
    const { setup, closed, order, begun } = records;
    const now = await this.clock.now();
    const queued = last > 0 && (tally.ended < last || !await this.areLeftOver(run, now));
    const counts = {
      ended: tally.ended,
      failed: tally.failed,
      last: Math.max(tally.last, last),
      parked,
      queued,
    };
    const served = queued ? await this.isServed(setup?.lane ?? USUAL_LANE) : undefined;
    return {
      run,
      setup,
      closed,
      order,
      attached,
      served,
      counts,
      begun,
      now,
    };
  }

  /** The record of how a job ended; undefined: none. */
  async end(run: string, key: string): Promise<Uint8Array | undefined> {
    const asked = { last_by_subj: this.subjects.end(run, key) };
    const found = await this.connection.manager.streams.getMessage(this.streams.results, asked);
    return found?.data;
  }

  /** How many jobs are parked, by run. */
  async parked(): Promise<Map<string, number>> {
    const { state } = await this.connection.manager.streams.info(this.streams.jobs, {
      subjects_filter: this.subjects.parked("*", "*"),
    });
    const parked = new Map<string, number>();
    for (const [subject, count] of Object.entries(state.subjects ?? {})) {
      const run = jobOfSubject(subject)?.run;
      if (run !== undefined) parked.set(run, (parked.get(run) ?? 0) + count);
    }
    return parked;
  }

  /** Whether all of a run's jobs in the queue have ended: a server that was killed may have forgotten to remove some. */
  private async areLeftOver(run: string, now: number): Promise<boolean> {
    const { connection: { manager }, streams, subjects } = this;
    for (const next_by_subj of this.waitingSubjects(run)) {
      for (let seq = 1;; seq++) {
        const found = await manager.direct.getMessage(streams.jobs, { seq, next_by_subj });
        if (!found) break;
        seq = found.seq;
        const key = jobOfSubject(found.subject)?.key ?? "";
        const asked = { last_by_subj: subjects.end(run, key) };
        const end = await manager.streams.getMessage(streams.results, asked);
        // Its worker may be removing it now.
        if (!end || now - end.time.getTime() < REMOVED_MS) return false;
      }
    }
    return true;
  }

  private waitingSubjects(run: string): string[] {
    const { subjects } = this;
    return [subjects.job(run, "*"), subjects.parked(run, "*"), subjects.inLanes(run, "*")];
  }

  /** The number of the newest waiting or running job; 0: none. */
  private async lastWaiting(run: string): Promise<number> {
    let last = 0;
    for (const last_by_subj of this.waitingSubjects(run)) {
      const asked = { last_by_subj };
      const found = await this.connection.manager.streams.getMessage(this.streams.jobs, asked);
      const key = found && jobOfSubject(found.subject)?.key;
      if (key) last = Math.max(last, Number.parseInt(key));
    }
    return last;
  }

  /** Whether a client of the run answers. */
  private isAttached(run: string): Promise<boolean> {
    return this.answers(this.subjects.client(run));
  }

  /** Whether a worker serves a lane. Those of imp 0.3 do not answer, but take jobs of the usual lane. */
  private async isServed(lane: Lane): Promise<Served> {
    if (await this.answers(this.subjects.serves(lane))) return "yes";
    const { manager } = this.connection;
    const { num_waiting, num_ack_pending } = await manager.consumers.info(
      this.streams.jobs,
      WORKERS,
    );
    if (num_waiting === 0 && num_ack_pending === 0) return "no";
    if (isUsualLane(lane)) return "yes";
    return await this.answers(this.subjects.serves(USUAL_LANE)) ? "no" : "others";
  }

  private async answers(subject: string): Promise<boolean> {
    try {
      await this.connection.nats.request(subject, undefined, { timeout: ANSWER_MS });
      return true;
    } catch (error) {
      // No listener; a slow listener is there all the same.
      return (error as Error).name === "TimeoutError";
    }
  }
}

function addRecord(records: RunRecords, topic: RunTopic, data: Uint8Array): void {
  if (topic === "setup") records.setup = decodeRunSetup(data);
  if (topic === "closed") records.closed = decodeRunClosed(data);
  if (topic === "order") records.order = decodeRunOrder(data) ?? "go on";
}
