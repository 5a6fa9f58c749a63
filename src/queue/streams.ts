// The streams of a queue: created by the first user, checked by later ones.
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { apiCode, isNoRoom, queueFailure } from "./connection/failures.ts";
import { type Lane, USUAL_LANE } from "./lanes.ts";
import { type QueueSubjects, type StreamNames, streamsOf, workersOf } from "./names.ts";
import { ERROR_CODE } from "./server_codes.ts";

const NS_PER_MS = 1e6;
const DAY_MS = 24 * 3600 * 1000;
/** Maximum open requests of a queue's workers. */
const MOST_WAITING = 20_000;

/** How to create a missing queue. */
export interface QueueShape {
  readonly replicas: number;
  /** A worker silent for so many milliseconds loses its jobs. */
  readonly ackWait: number;
}

export const USUAL_ACK_WAIT = 30_000;
/** The default for a queue in a cluster. */
export const CLUSTER_REPLICAS = 3;
/** How long a repeated message is recognised by its id. */
const DUPLICATES_MS = 5 * 60_000;
/** How long unfetched results and unused runs are kept. */
const RESULTS_MS = 30 * DAY_MS;

/** The state of a queue. */
export interface QueueState {
  readonly replicas: number;
  /** Milliseconds. */
  readonly ackWait: number;
  /** Something of it was missing. */
  readonly made: boolean;
}

/**
 * Creates what is missing of a queue.
 * @throws ImpError if it cannot be created, or streams of that name are somebody else's
 */
export async function ensureQueue(
  manager: JetStreamManager,
  subjects: QueueSubjects,
  shape: QueueShape,
): Promise<QueueState> {
  const streams = streamsOf(subjects.queue);
  let replicas = shape.replicas;
  const there = await streamsThere(manager, subjects);
  for (const config of configsOf(streams, subjects, shape)) {
    const found = there.get(config.name) ?? await makeStream(manager, subjects, config);
    if (config.name === streams.jobs) replicas = found.num_replicas;
  }
  const { ackWait, made } = await ensureConsumer(manager, streams.jobs, subjects, shape);
  return { replicas, ackWait, made: made || there.size < Object.keys(streams).length };
}

type OurConfig = Partial<StreamConfig> & { name: string; subjects: string[] };

function configsOf(streams: StreamNames, subjects: QueueSubjects, shape: QueueShape): OurConfig[] {
  const taken = subjects.ofStreams();
  const common = {
    storage: "file",
    num_replicas: shape.replicas,
    duplicate_window: DUPLICATES_MS * NS_PER_MS,
    allow_direct: true,
  };
  const of = (kind: keyof StreamNames, more: Record<string, unknown>) =>
    ({ ...common, name: streams[kind], subjects: [...taken[kind]], ...more }) as OurConfig;
  return [
    // Setups are stored before the first job.
    of("runs", { retention: "limits", max_msgs_per_subject: 1, max_age: RESULTS_MS * NS_PER_MS }),
    of("results", { retention: "limits", max_age: RESULTS_MS * NS_PER_MS }),
    of("jobs", { retention: "workqueue", discard: "new" }),
  ];
}

/** The existing streams of a queue, by name. @throws ImpError if one of them is not imp's */
export async function streamsThere(
  manager: JetStreamManager,
  subjects: QueueSubjects,
): Promise<Map<string, StreamConfig>> {
  const found = new Map<string, StreamConfig>();
  const ours = configsOf(streamsOf(subjects.queue), subjects, { replicas: 1, ackWait: 0 });
  for (const { name, subjects: own, retention } of ours) {
    const there = await configOf(manager, name);
    if (!there) continue;
    if (there.subjects.join() !== own.join() || there.retention !== retention) {
      throw new ImpError({
        action: "use",
        object: `queue ${subjects.queue}`,
        why: `stream ${name} exists but is not imp's`,
        hint: "choose another queue: --queue NAME",
        exit: EXIT.failed,
      });
    }
    found.set(name, there);
  }
  return found;
}

async function configOf(
  manager: JetStreamManager,
  name: string,
): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (apiCode(error) === ERROR_CODE.streamMissing) return undefined;
    throw queueFailure(error, "look at", `stream ${name}`);
  }
}

async function makeStream(
  manager: JetStreamManager,
  subjects: QueueSubjects,
  config: OurConfig,
): Promise<StreamConfig> {
  const { name } = config;
  try {
    if (config.retention !== "workqueue") return (await manager.streams.add(config)).config;
    return await addJobs(manager, config);
  } catch (error) {
    // Somebody else has created it meanwhile.
    const there = apiCode(error) === ERROR_CODE.streamExists
      ? (await streamsThere(manager, subjects)).get(name)
      : undefined;
    if (there) return there;
    throw queueFailure(error, "make", `stream ${name}`);
  }
}

/** The size limit for jobs: the largest that the store has room for. */
const JOBS_BYTES = [1024, 256, 64, 16, 4, 1].map((mib) => mib << 20);
/** How many times as much room results must have beside them. */
const RESULTS_SHARE = 4;

/**
 * The stream of jobs has its own limit: if jobs filled the store, there would be no room for results, and without these
 * no job could be removed.
 */
async function addJobs(manager: JetStreamManager, config: OurConfig): Promise<StreamConfig> {
  for (const bytes of JOBS_BYTES) {
    try {
      // Servers reserve the stated size, and refuse more than they have.
      await manager.streams.add({ ...config, max_bytes: RESULTS_SHARE * bytes });
    } catch (error) {
      const isLast = bytes === JOBS_BYTES[JOBS_BYTES.length - 1];
      // In a cluster no server is chosen that has too little room.
      const isTooMuch = isNoRoom(error) || apiCode(error) === ERROR_CODE.tooFewServers;
      if (isLast || !isTooMuch) throw error;
      continue;
    }
    return (await manager.streams.update(config.name, { max_bytes: bytes })).config;
  }
  throw new Error("unreachable");
}

async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  subjects: QueueSubjects,
  { ackWait }: Pick<QueueShape, "ackWait">,
  lane = USUAL_LANE,
): Promise<Pick<QueueState, "ackWait" | "made">> {
  const name = workersOf(lane);
  try {
    const { config } = await manager.consumers.info(stream, name);
    return { ackWait: config.ack_wait! / NS_PER_MS, made: false };
  } catch (error) {
    if (apiCode(error) !== ERROR_CODE.consumerMissing) {
      throw queueFailure(error, "look at", `the workers of queue ${subjects.queue}`);
    }
  }
  try {
    await manager.consumers.add(stream, {
      durable_name: name,
      filter_subject: subjects.taken(lane),
      ack_policy: "explicit",
      ack_wait: ackWait * NS_PER_MS,
      // Workers count deliveries: a job dropped silently by the server would be lost.
      max_deliver: -1,
      max_ack_pending: -1,
      max_waiting: MOST_WAITING,
    });
    return { ackWait, made: true };
  } catch (error) {
    throw queueFailure(error, "make", `the workers of queue ${subjects.queue}`);
  }
}

/** Creates a missing lane of an existing queue: workers learn of it by a message to {@link QueueSubjects.settings}. */
export async function ensureLane(
  manager: JetStreamManager,
  subjects: QueueSubjects,
  lane: Lane,
  ackWait: number,
): Promise<void> {
  await ensureConsumer(manager, streamsOf(subjects.queue).jobs, subjects, { ackWait }, lane);
}

/** What is delayed must not be forgotten before it has begun, and needs some time for its jobs. @throws ImpError */
export async function refuseLateStart(
  manager: JetStreamManager,
  queue: string,
  notBefore: number,
): Promise<void> {
  const { config } = await manager.streams.info(streamsOf(queue).runs);
  const kept = config.max_age / NS_PER_MS;
  const days = Math.floor(kept / DAY_MS);
  if (kept === 0 || notBefore + DAY_MS <= Date.now() + kept) return;
  throw new ImpError({
    action: "delay",
    object: `the run until ${new Date(notBefore).toISOString()}`,
    why: `queue ${queue} forgets runs after ${days} days, and jobs need one day to run`,
    hint: "imp runs set --keep-age D: servers forget runs after twice that time",
    exit: EXIT.failed,
  });
}
