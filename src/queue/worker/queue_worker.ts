// `imp worker --on`: takes jobs from a queue, has them run, and records their results.
import { hostName } from "../../procfs/machine.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { runtime } from "../../runtime/mod.ts";
import { endedIn } from "../../hosts/job_frames.ts";
import { HOST_FRAME } from "../../hosts/frames.ts";
import type { ImpError } from "../../base/errors.ts";
import type { QueueAccess } from "../connection/access.ts";
import type { ConnectionEvent } from "../connection/connection.ts";
import { patiently } from "../connection/patience.ts";
import { connectWhenThere } from "../connection/server_wait.ts";
import { syncWarning } from "../connection/versions.ts";
import { lanesFor } from "../lanes.ts";
import { NO_DATA, type QueueMessage } from "../link.ts";
import { QueueSubjects, streamsOf, WORKERS } from "../names.ts";
import { NatsLink } from "../nats_link.ts";
import { StoreWatch } from "../store_watch.ts";
import { StreamCalls } from "../stream_calls.ts";
import { CLUSTER_REPLICAS, ensureQueue } from "../streams.ts";
import { Housekeeping } from "./housekeeping.ts";
import { RateGate } from "./rate_gate.ts";
import { Emptiness } from "./emptiness.ts";
import { FirstDeliveries } from "./first_deliveries.ts";
import { Modules } from "./modules.ts";
import { Departure } from "./departure.ts";
import { DelayedRuns } from "./delayed_runs.ts";
import { ChildRunner } from "./child_runner.ts";
import { LanesHere } from "./lanes_here.ts";
import { TakingPace } from "./pace.ts";
import { Taker } from "./taker.ts";

export interface QueueWorkerSettings {
  readonly access: QueueAccess;
  readonly queue: string;
  readonly slots: number;
  /** Leaves when the queue is empty. */
  readonly drain: boolean;
  /** How often a job is begun before it is given up. */
  readonly mostDeliveries: number;
  /** For a queue created by this worker; 0: the servers' suggestion. */
  readonly replicas: number;
  /** Likewise, milliseconds. */
  readonly ackWait: number;
  /** What jobs may require of a worker. */
  readonly tags: readonly string[];
  /** The words that start a worker that exchanges frames. */
  readonly words: readonly string[];
  /** Prints a message. */
  tell(text: string): void;
}

/** How a worker ended. */
export type WorkerStop = { readonly why: "done" } | { readonly why: "over"; readonly error: Error };

const SETTLE_MS = 10;

/**
 * Takes jobs until told to leave: after SIGTERM or SIGINT it finishes running jobs; after a second one it ends and
 * returns them. It waits for servers that do not answer, but not forever: {@link Departure}.
 * @throws ImpError if the queue cannot be used
 */
export async function workForQueue(settings: QueueWorkerSettings): Promise<WorkerStop> {
  const subjects = new QueueSubjects(settings.queue);
  const streams = streamsOf(settings.queue);
  const host = hostName();
  let happened: (event: ConnectionEvent) => void = () => {};
  const connection = await connectWhenThere(settings.access, {
    name: `imp worker on ${host}, PID ${ownPid()}`,
    happened: (event) => happened(event),
    warn: settings.tell,
  });
  const { nats, manager } = connection;
  try {
    const replicas = settings.replicas || (nats.info?.cluster ? CLUSTER_REPLICAS : 1);
    const ensure = () => ensureQueue(manager, subjects, { replicas, ackWait: settings.ackWait });
    const { ackWait, replicas: kept } = await patiently(
      ensure,
      "look at",
      `queue ${settings.queue}`,
      settings.tell,
    );
    const warning = syncWarning(connection.version, kept, undefined);
    if (warning !== undefined) settings.tell(warning);
    const link = new NatsLink(nats);
    const store = new StoreWatch(link, settings.tell);
    const calls = new StreamCalls(link, (kept) => store.heard(kept));
    const pace = new TakingPace(settings.slots);
    const firsts = new FirstDeliveries(link, streams.jobs, () => nats.info);
    firsts.learn();
    let changed = () => {}, leave = () => {};
    const supply = new LanesHere(link, streams.jobs, settings.tags, settings.drain, {
      job: (message) => {
        emptiness.jobCame();
        taker.deliver(message);
      },
      room: () => settings.slots + pace.ahead - taker.busy,
      ahead: () => pace.ahead,
      empty: () => emptiness.check(),
    }, settings.tell);
    const emptiness = new Emptiness(
      ...[link, streams.jobs, () => supply.consumers, ackWait] as const,
      () => taker.size === 0,
      () => leave(),
    );
    const delayed = new DelayedRuns(connection, settings.queue);
    const gate = new RateGate(connection, subjects, streams.runs);
    const house = new Housekeeping(connection, settings.queue, {
      set: ({ rate }) => gate.set(rate),
      tell: settings.tell,
      look: () => {
        delayed.look();
        return supply.look(connection);
      },
      make: async () => {
        if (!(await ensure()).made) return;
        settings.tell(`made queue ${settings.queue} again: it was no longer on the servers`);
        firsts.learn();
        // Nobody has heard earlier requests.
        supply.lost();
        changed();
      },
    });
    await house.look();
    const modules = new Modules(calls, subjects, streams);
    const room = () => connection.room;
    const runner = new ChildRunner({ ...settings, subjects, host, room }, calls, modules, {
      ended: (job, ran) => {
        pace.ended(1000 * endedIn({ type: HOST_FRAME.ended, job: 0, payload: ran.ended }).seconds);
        taker.ended(job, ran);
      },
      droppedJob: (job, begun) => taker.droppedJob(job, begun),
      warn: settings.tell,
    });
    const taker = new Taker(
      {
        ...{ streams, subjects, host, pid: ownPid(), room },
        id: crypto.randomUUID().slice(0, 8),
        mostDeliveries: settings.mostDeliveries,
        slots: settings.slots,
        isFirst: (facts) => firsts.has(facts),
      },
      calls,
      runner,
      () => changed(),
      gate,
    );
    return await new Promise<WorkerStop>((resolve) => {
      let leaving = false, stopping = false, over: WorkerStop = { why: "done" };
      const finish = () => {
        if (!leaving || taker.size > 0) return;
        runner.close();
        house.close();
        delayed.close();
        gate.close();
        clearInterval(beat);
        departure.close();
        for (const release of signals) release();
        // Children are reaped, and the last messages have been sent.
        if (runner.size > 0) setTimeout(finish, SETTLE_MS);
        else {
          tellDropped(taker.strangers.dropped, settings);
          resolve(over);
        }
      };
      leave = () => {
        if (stopping) return;
        stopping = true;
        for (const answers of serving) answers.end();
        supply.stop(() => {
          leaving = true;
          departure.begin();
          taker.leave();
          finish();
        });
      };
      const departure = new Departure({
        ...{ atWork: () => runner.atWork, held: () => taker.size, goodAt: () => calls.goodAt },
        ...{ now: () => link.now(), tell: settings.tell },
        giveUp: (error) => giveUp(error),
      });
      const giveUp = (error: ImpError) => {
        over = { why: "over", error };
        runner.close();
        taker.abandon();
      };
      changed = () => {
        supply.pull();
        finish();
      };
      link.listen(subjects.run("*", "order"), ({ subject, data }) => {
        taker.ordered(subject.split(".")[3], data);
      });
      const serving = lanesFor(settings.tags).map((lane) => {
        const answer = ({ reply }: QueueMessage) => link.publish(reply, NO_DATA);
        return link.listen(subjects.serves(lane), answer, WORKERS);
      });
      link.listen(subjects.settings, () => void house.look());
      happened = (event) => {
        if (event.is === "lost") {
          settings.tell(`lost the connection to ${event.server}; running jobs continue`);
          link.lost();
          firsts.forget();
          supply.lost();
        } else if (event.is === "back") {
          settings.tell(`connected to ${event.server}`);
          taker.runs.forget();
          link.back();
          firsts.learn();
          void house.look();
          // Requests without a connection did not arrive.
          supply.lost();
          supply.pull();
        } else {
          leave();
          giveUp(event.error);
        }
      };
      const beat = setInterval(() => {
        taker.beat();
        supply.pull();
      }, Math.min(ackWait / 3, 5000));
      let times = 0;
      const told = () => {
        if (++times === 1) leave();
        else if (times === 2) runner.close();
        else taker.abandon();
      };
      const signals = ["SIGTERM", "SIGINT", "SIGHUP"].map((name) => runtime.onSignal(name, told));
      settings.tell(
        `takes jobs of queue ${settings.queue} at ${settings.access.address.text}, ${settings.slots} at a time`,
      );
      supply.pull();
    });
  } finally {
    await connection.close();
  }
}

function tellDropped(count: number, { queue, tell }: QueueWorkerSettings): void {
  if (count > 0) tell(`dropped ${count} messages in queue ${queue} that imp did not send`);
}
