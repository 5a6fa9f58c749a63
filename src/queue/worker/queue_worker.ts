// `imp worker --on`: takes jobs from a queue, has them run, and records their results.
import { hostName } from "../../procfs/machine.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { runtime } from "../../runtime/mod.ts";
import { endedIn } from "../../hosts/job_frames.ts";
import { HOST_FRAME } from "../../hosts/frames.ts";
import type { ImpError } from "../../base/errors.ts";
import type { QueueAccess } from "../connection/access.ts";
import type { ConnectionEvent, QueueConnection } from "../connection/connection.ts";
import { patiently } from "../connection/patience.ts";
import { connectWhenThere } from "../connection/server_wait.ts";
import { syncWarning } from "../connection/versions.ts";
import { lanesFor } from "../lanes.ts";
import { NO_DATA, type QueueMessage } from "../link.ts";
import { QueueSubjects, streamsOf, WORKERS } from "../names.ts";
import { type Listening, NatsLink } from "../nats_link.ts";
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
  let happened: (event: ConnectionEvent) => void = () => {};
  const connection = await connectWhenThere(settings.access, {
    name: `imp worker on ${hostName()}, PID ${ownPid()}`,
    happened: (event) => happened(event),
    warn: settings.tell,
  });
  try {
    const { ackWait, replicas } = await patiently(
      () => ensured(settings, connection),
      "look at",
      `queue ${settings.queue}`,
      settings.tell,
    );
    const warning = syncWarning(connection.version, replicas, undefined);
    if (warning !== undefined) settings.tell(warning);
    const work = new QueueWork(settings, connection, ackWait);
    await work.house.look();
    happened = (event) => work.happened(event);
    return await work.run();
  } finally {
    await connection.close();
  }
}

/** Creates what is missing of the queue. */
function ensured(
  { queue, replicas: wanted, ackWait }: QueueWorkerSettings,
  { nats, manager }: QueueConnection,
) {
  const replicas = wanted || (nats.info?.cluster ? CLUSTER_REPLICAS : 1);
  return ensureQueue(manager, new QueueSubjects(queue), { replicas, ackWait });
}

/** The parts of a worker, and what they tell each other. */
class QueueWork {
  /** Looked at before {@link run}. */
  readonly house: Housekeeping;
  private readonly subjects: QueueSubjects;
  private readonly link: NatsLink;
  private readonly firsts: FirstDeliveries;
  private readonly supply: LanesHere;
  private readonly delayed: DelayedRuns;
  private readonly gate: RateGate;
  private readonly runner: ChildRunner;
  private readonly taker: Taker;
  private readonly departure: Departure;
  private serving: readonly Listening[] = [];
  private signals: readonly (() => void)[] = [];
  private beat: ReturnType<typeof setInterval> | undefined;
  /** It takes no more jobs. */
  private isStopping = false;
  /** The servers send it no more jobs. */
  private isLeaving = false;
  private stop: WorkerStop = { why: "done" };
  private readonly over = Promise.withResolvers<WorkerStop>();

  constructor(
    private readonly settings: QueueWorkerSettings,
    connection: QueueConnection,
    private readonly ackWait: number,
  ) {
    const { queue, slots, tell } = settings;
    const subjects = this.subjects = new QueueSubjects(queue), streams = streamsOf(queue);
    const host = hostName();
    const link = this.link = new NatsLink(connection.nats);
    const store = new StoreWatch(link, tell);
    const calls = new StreamCalls(link, (kept) => store.heard(kept));
    const pace = new TakingPace(slots);
    const firsts = this.firsts = new FirstDeliveries(
      link,
      streams.jobs,
      () => connection.nats.info,
    );
    firsts.learn();
    const supply = this.supply = new LanesHere(link, streams.jobs, settings.tags, settings.drain, {
      job: (message) => {
        emptiness.jobCame();
        taker.deliver(message);
      },
      room: () => slots + pace.ahead - taker.busy,
      ahead: () => pace.ahead,
      empty: () => emptiness.check(),
    }, tell);
    const emptiness = new Emptiness(link, {
      stream: streams.jobs,
      consumers: () => supply.consumers,
      ackWait,
      isIdle: () => taker.size === 0,
      empty: () => this.leave(),
    });
    const delayed = this.delayed = new DelayedRuns(connection, queue);
    const gate = this.gate = new RateGate(connection, subjects, streams.runs);
    this.house = new Housekeeping(connection, queue, {
      set: ({ rate }) => gate.set(rate),
      tell,
      look: () => {
        delayed.look();
        return supply.look(connection);
      },
      make: async () => {
        if (!(await ensured(settings, connection)).made) return;
        tell(`made queue ${queue} again: it was no longer on the servers`);
        firsts.learn();
        // Nobody has heard earlier requests.
        supply.lost();
        this.changed();
      },
    });
    const modules = new Modules(calls, subjects, streams);
    const room = () => connection.room;
    const running = { ...settings, subjects, host, room };
    const runner = this.runner = new ChildRunner(running, calls, modules, {
      ended: (job, ran) => {
        pace.ended(1000 * endedIn({ type: HOST_FRAME.ended, job: 0, payload: ran.ended }).seconds);
        taker.ended(job, ran);
      },
      droppedJob: (job, begun) => taker.droppedJob(job, begun),
      warn: tell,
    });
    const taker = this.taker = new Taker(
      {
        ...{ streams, subjects, host, slots, room, pid: ownPid() },
        id: crypto.randomUUID().slice(0, 8),
        mostDeliveries: settings.mostDeliveries,
        isFirst: (facts) => firsts.has(facts),
      },
      calls,
      runner,
      () => this.changed(),
      gate,
    );
    this.departure = new Departure({
      ...{ atWork: () => runner.atWork, held: () => taker.size, goodAt: () => calls.goodAt },
      ...{ now: () => link.now(), tell },
      giveUp: (error) => this.giveUp(error),
    });
  }

  run(): Promise<WorkerStop> {
    const { link, subjects, settings, taker, supply } = this;
    link.listen(subjects.run("*", "order"), ({ subject, data }) => {
      taker.ordered(subject.split(".")[3], data);
    });
    this.serving = lanesFor(settings.tags).map((lane) => {
      const answer = ({ reply }: QueueMessage) => link.publish(reply, NO_DATA);
      return link.listen(subjects.serves(lane), answer, WORKERS);
    });
    link.listen(subjects.settings, () => void this.house.look());
    this.beat = setInterval(() => {
      taker.beat();
      supply.pull();
    }, Math.min(this.ackWait / 3, 5000));
    let times = 0;
    const told = () => {
      if (++times === 1) this.leave();
      else if (times === 2) this.runner.close();
      else taker.abandon();
    };
    this.signals = ["SIGTERM", "SIGINT", "SIGHUP"].map((name) => runtime.onSignal(name, told));
    const { queue, access: { address }, slots } = settings;
    settings.tell(`takes jobs of queue ${queue} at ${address.text}, ${slots} at a time`);
    supply.pull();
    return this.over.promise;
  }

  happened(event: ConnectionEvent): void {
    const { link, firsts, supply, taker, settings: { tell } } = this;
    if (event.is === "lost") {
      tell(`lost the connection to ${event.server}; running jobs continue`);
      link.lost();
      firsts.forget();
      supply.lost();
    } else if (event.is === "back") {
      tell(`connected to ${event.server}`);
      taker.runs.forget();
      link.back();
      firsts.learn();
      void this.house.look();
      // Requests without a connection did not arrive.
      supply.lost();
      supply.pull();
    } else {
      this.leave();
      this.giveUp(event.error);
    }
  }

  /** Perhaps another job is wanted, or the last one is over. */
  private changed(): void {
    this.supply.pull();
    this.finish();
  }

  /** Takes no more jobs, and ends when those it has are recorded. */
  private leave(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    for (const answers of this.serving) answers.end();
    this.supply.stop(() => {
      this.isLeaving = true;
      this.departure.begin();
      this.taker.leave();
      this.finish();
    });
  }

  private giveUp(error: ImpError): void {
    this.stop = { why: "over", error };
    this.runner.close();
    this.taker.abandon();
  }

  private finish(): void {
    if (!this.isLeaving || this.taker.size > 0) return;
    for (const part of [this.runner, this.house, this.delayed, this.gate]) part.close();
    clearInterval(this.beat);
    this.departure.close();
    for (const release of this.signals) release();
    // Children are reaped, and the last messages have been sent.
    if (this.runner.size > 0) return void setTimeout(() => this.finish(), SETTLE_MS);
    tellDropped(this.taker.strangers.dropped, this.settings);
    this.over.resolve(this.stop);
  }
}

function tellDropped(count: number, { queue, tell }: QueueWorkerSettings): void {
  if (count > 0) tell(`dropped ${count} messages in queue ${queue} that imp did not send`);
}
