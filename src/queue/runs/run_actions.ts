// What can be done to a run from outside.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { JsMsg } from "@nats-io/jetstream";
import { isNoRoom, queueFailure } from "../connection/failures.ts";
import { type Lane, USUAL_LANE } from "../lanes.ts";
import { jobOfSubject } from "../names.ts";
import { encodeRunOrder, type RunOrder } from "../run_records.ts";
import { removeMessages } from "./run_removal.ts";
import { retryFailed } from "./retry_failed.ts";
import type { RunReader } from "./run_reader.ts";
import {
  isEarly,
  isRunOver,
  notBeforeText,
  queueRunState,
  type RunDone,
  type RunFacts,
  waitingJobs,
} from "./run_state.ts";

export type RunVerb = "pause" | "resume" | "cancel" | "retry" | "remove";

const NS_PER_MS = 1e6;
/** How long a killed mover blocks others, until it is forgotten. */
const MOVER_MS = 10_000;
const MOVE_AT_ONCE = 500;
/** A worker may park one more job that it began to park before the order reached it. */
const LATE_MS = 300;
const EMPTY_TWICE = 2;

export class RunActions {
  constructor(private readonly reader: RunReader) {}

  /**
   * Performs an action.
   * @param force even if the run is not over
   * @returns what was done, in words and numbers @throws ImpError
   */
  async act(action: RunVerb, facts: RunFacts, force: boolean): Promise<RunDone> {
    const { run } = facts;
    const state = queueRunState(facts);
    if (action === "retry" || action === "remove") {
      if (!isRunOver(state) && !(force && action === "remove")) throw notOver(action, facts);
    } else if (isRunOver(state)) throw isOverAlready(action, facts);
    switch (action) {
      case "pause":
        await this.order(run, "pause");
        return { text: "paused; running jobs finish" };
      case "resume": {
        if (facts.order === "cancel") throw isCancelled(run);
        await this.order(run, "go on");
        if (isEarly(facts)) return { text: `resumed, ${notBeforeText(facts)}` };
        const moved = await this.bringBack(facts);
        return {
          text: `resumed${moved > 0 ? `, with ${moved} jobs that had been set aside` : ""}`,
          moved,
        };
      }
      case "cancel":
        await this.order(run, "cancel");
        // Workers write their ends, as for all others.
        await this.bringBack(facts);
        return { text: "cancelled; workers record this for each job" };
      case "retry":
        return await retryFailed(this.reader, facts);
      case "remove":
        // Its client and its workers let go of it. A full store accepts no order, and this must empty it.
        await this.order(run, "remove").catch(() => {});
        await this.remove(run);
        return { text: "removed" };
    }
  }

  /** Workers learn of it at once; those that connect later read it. */
  async order(run: string, order: RunOrder): Promise<void> {
    const { connection: { jetstream }, subjects } = this.reader;
    try {
      await jetstream.publish(subjects.run(run, "order"), encodeRunOrder(order));
    } catch (error) {
      const failure = queueFailure(error, order === "go on" ? "resume" : order, `run ${run}`);
      throw isNoRoom(error) ? failure.with(NOT_RECORDED) : failure;
    }
  }

  /** Parked jobs wait for workers again. @returns how many */
  async bringBack({ run, setup }: Pick<RunFacts, "run" | "setup">): Promise<number> {
    const lane = setup?.lane ?? USUAL_LANE;
    let moved = 0;
    for (let empty = 0; empty < EMPTY_TWICE;) {
      const now = await this.moveParked(run, lane);
      moved += now;
      empty = now === 0 ? empty + 1 : 0;
      if (empty < EMPTY_TWICE) await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    }
    return moved;
  }

  /** Removes a run: jobs first and its records last, so that an interrupted removal can be repeated. */
  async remove(run: string): Promise<void> {
    const { connection, streams, subjects } = this.reader;
    const all: [string, string][] = [
      [streams.jobs, subjects.job(run, ">")],
      [streams.jobs, subjects.parked(run, ">")],
      [streams.jobs, subjects.inLanes(run, "*")],
      [streams.results, subjects.end(run, ">")],
      [streams.results, subjects.output(run, "*", "*")],
      [streams.results, subjects.begun(run, ">")],
      [streams.runs, subjects.run(run, "*")],
    ];
    try {
      for (const [stream, filter] of all) await removeMessages(connection, stream, filter);
    } catch (error) {
      throw queueFailure(error, "remove", `run ${run}`);
    }
  }

  private async moveParked(run: string, lane: Lane): Promise<number> {
    const { connection: { jetstream, manager }, streams, subjects } = this.reader;
    const filter = subjects.parked(run, "*");
    if (!await manager.streams.getMessage(streams.jobs, { last_by_subj: filter })) return 0;
    const { name } = await manager.consumers.add(streams.jobs, {
      filter_subject: filter,
      ack_policy: "explicit",
      inactive_threshold: MOVER_MS * NS_PER_MS,
      max_ack_pending: -1,
    }).catch((error) => {
      throw alreadyMoving(error, run);
    });
    const consumer = await jetstream.consumers.get(streams.jobs, name);
    let moved = 0;
    try {
      for (let isLast = false; !isLast;) {
        isLast = true;
        const messages = await consumer.fetch({ max_messages: MOVE_AT_ONCE, expires: 1000 });
        const under: Promise<unknown>[] = [];
        for await (const message of messages) {
          under.push(this.moveOne(message, lane));
          isLast = message.info.pending === 0;
          if (isLast) break;
        }
        await Promise.all(under);
        moved += under.length;
      }
    } finally {
      await manager.consumers.delete(streams.jobs, name).catch(() => false);
    }
    return moved;
  }

  /** In the queue twice for a moment, rather than not at all. */
  private async moveOne(message: JsMsg, lane: Lane): Promise<void> {
    const { connection: { jetstream }, subjects } = this.reader;
    const job = jobOfSubject(message.subject);
    if (job) {
      const msgID = `back.${job.run}.${job.key}.${message.seq}`;
      await jetstream.publish(subjects.job(job.run, job.key, lane), message.data, { msgID });
    }
    await message.ackAck();
  }
}

/** Workers receive what is published, even if no stream has room for it. */
const NOT_RECORDED = {
  why: "the servers have no room to record it; only workers that are connected now know of it",
  hint: "make room and repeat it: imp runs remove RUN, of a run that is over, or with --force",
};

function alreadyMoving(error: unknown, run: string): ImpError {
  if (/not unique/.test(String(error))) {
    return new ImpError({
      action: "resume",
      object: `run ${run}`,
      why: "another client is doing so at this moment",
      exit: EXIT.no,
    });
  }
  return queueFailure(error, "resume", `run ${run}`);
}

function notOver(action: RunVerb, facts: RunFacts): ImpError {
  return new ImpError({
    action,
    object: `run ${facts.run}`,
    why: `it is not over: ${waitingJobs(facts)} of its jobs have not ended`,
    hint: action === "remove" ? "cancel it first (imp runs cancel), or use --force" : undefined,
    exit: EXIT.no,
  });
}

function isOverAlready(action: RunVerb, { run }: RunFacts): ImpError {
  return new ImpError({ action, object: `run ${run}`, why: "it is over", exit: EXIT.no });
}

function isCancelled(run: string): ImpError {
  return new ImpError({
    action: "resume",
    object: `run ${run}`,
    why: "it was cancelled",
    hint: "imp runs retry submits its jobs again when it is over",
    exit: EXIT.no,
  });
}
