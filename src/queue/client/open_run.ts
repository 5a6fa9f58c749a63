import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { WorkerSetup } from "../../hosts/greeting.ts";
import { hostName } from "../../procfs/machine.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { queueFailure } from "../connection/failures.ts";
import type { QueueConnection } from "../connection/connection.ts";
import { patiently } from "../connection/patience.ts";
import { isUsualLane, laneOf, USUAL_LANE } from "../lanes.ts";
import { NO_DATA } from "../link.ts";
import { storeModule } from "../module_store.ts";
import { QueueSubjects, type RunTopic, streamsOf } from "../names.ts";
import type { NatsLink } from "../nats_link.ts";
import {
  decodeRunSettled,
  decodeRunSetup,
  encodeRunSetup,
  encodeRunStart,
  isRecordsSetup,
  type RunSettled,
} from "../run_records.ts";
import { removeMessages } from "../runs/run_removal.ts";
import { ServerClock } from "../server_clock.ts";
import { StoreWatch } from "../store_watch.ts";
import { StreamCalls } from "../stream_calls.ts";
import {
  CLUSTER_REPLICAS,
  ensureLane,
  ensureQueue,
  refuseLateStart,
  USUAL_ACK_WAIT,
} from "../streams.ts";
import type { BridgeSettings, RunClientEvents } from "./client_settings.ts";
import { noSuchRun, runRecordOf } from "./run_listing.ts";
import { RunClient } from "./run_client.ts";

/** Fields of a setup that are the connection's rather than the run's. */
const OF_CONNECTION = ["slots", "firstSlot", "output", "credit", "heartbeat", "load", "started"];

/**
 * Starts or continues a run.
 * @param setup the pool's settings for its jobs
 * @throws ImpError
 */
export async function openRun(
  settings: BridgeSettings,
  setup: Partial<WorkerSetup>,
  connection: QueueConnection,
  link: NatsLink,
  events: RunClientEvents,
): Promise<RunClient> {
  const { nats, manager, room } = connection;
  const { queue, run, mode } = settings;
  const subjects = new QueueSubjects(queue), streams = streamsOf(queue);
  const store = new StoreWatch(link, (text) => events.note(text));
  const calls = new StreamCalls(link, (kept) => store.heard(kept));
  const replicas = nats.info?.cluster ? CLUSTER_REPLICAS : 1;
  const wait = <T>(act: () => Promise<T>) =>
    patiently(act, "look at", `queue ${queue}`, (text) => events.note(text));
  const shape = { replicas, ackWait: USUAL_ACK_WAIT };
  const { ackWait } = await wait(() => ensureQueue(manager, subjects, shape));
  const isNew = mode !== "attach";
  const { lane: { priority, tag }, notBefore } = settings;
  if (isNew && notBefore !== undefined) await refuseLateStart(manager, queue, notBefore);
  const lane = laneOf(priority, tag, isRecordsSetup(setup));
  if (isNew && !isUsualLane(lane)) {
    await wait(() => ensureLane(manager, subjects, lane, ackWait));
  }
  const clock = new ServerClock(connection, streams.runs);
  const aheadFor = (notBefore: number | undefined) =>
    notBefore === undefined ? Promise.resolve(0) : wait(() => clockAhead(clock));
  const host = hostName();
  const me = `PID ${ownPid()} on ${host}`;
  await refuseSecond(link, subjects.client(run), run);
  link.listen(subjects.client(run), ({ reply }) => link.publish(reply, encoder.encode(me)));
  const known = isNew
    ? await begin(
      { ...settings, lane },
      await aheadFor(notBefore),
      await stored(setup, calls, subjects, room),
      calls,
      subjects,
      host,
      room,
    )
    : await knownOf(calls, subjects, run, aheadFor);
  // Workers check for new lanes, and for times to bring jobs back.
  if (isNew) link.publish(subjects.settings, NO_DATA);
  return new RunClient(
    {
      ...{ run, mode, room, streams, subjects, host, pid: ownPid(), ...known },
      credit: setup.credit ?? 0,
      lastPlace: await wait(lastPlace),
      removeJobs: (filter) => removeMessages(connection, streams.jobs, filter),
    },
    link,
    calls,
    events,
  );

  async function lastPlace(): Promise<number> {
    try {
      return (await manager.streams.info(streams.results)).state.last_seq;
    } catch (error) {
      throw queueFailure(error, "look at", `stream ${streams.results}`);
    }
  }
}

/** Clocks that differ by less, in milliseconds, agree: it takes some time to ask for one. */
const AGREE_MS = 500;

async function clockAhead(clock: ServerClock): Promise<number> {
  const ahead = await clock.now() - Date.now();
  return Math.abs(ahead) < AGREE_MS ? 0 : Math.round(ahead);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The setup as recorded: a called module is stored separately. */
async function stored(
  setup: Partial<WorkerSetup>,
  calls: StreamCalls,
  subjects: QueueSubjects,
  room: number,
): Promise<Record<string, unknown>> {
  const { workers } = setup;
  if (!workers?.call) return setup;
  const { source, ...call } = workers.call;
  const module = await storeModule(calls, subjects, encoder.encode(source), room);
  return { ...setup, workers: { ...workers, call: { ...call, ...module } } };
}

/** Two clients would both print all of a run. */
async function refuseSecond(link: NatsLink, subject: string, run: string): Promise<void> {
  const other = await new Promise<string | undefined>((resolve) => {
    link.request(subject, NO_DATA, undefined, (answer) => {
      resolve(answer?.status === 0 ? decoder.decode(answer.data) : undefined);
    });
  });
  if (other === undefined) return;
  throw new ImpError({
    action: "attach to",
    object: `run ${run}`,
    why: `another imp pool prints it, ${other}`,
    exit: EXIT.failed,
  });
}

async function begin(
  { run, user, command, once, lane, notBefore: start, retry, window }: BridgeSettings,
  ahead: number,
  setup: Record<string, unknown>,
  calls: StreamCalls,
  subjects: QueueSubjects,
  host: string,
  room: number,
): Promise<KnownOfRun> {
  const ofRun = Object.fromEntries(
    Object.entries(setup).filter(([name]) => !OF_CONNECTION.includes(name)),
  );
  const notBefore = start === undefined ? undefined : start + ahead;
  const about = { run, created: Date.now(), user, host, command, once, lane, notBefore, retry };
  const keep = (topic: "setup" | "start", data: Uint8Array) =>
    new Promise<void>((resolve) => {
      const message = { subject: subjects.run(run, topic), data, id: `${topic}.${run}` };
      calls.keep(message, () => resolve());
    });
  // An earlier bridge of this pool may have begun it.
  const [before, settled] = await Promise.all([
    runRecordOf(calls, subjects, run, "setup"),
    settledOf(calls, subjects, run),
  ]);
  const record = encodeRunSetup({ ...about, setup: ofRun });
  if (record.length > room) throw tooLong(run, record.length, room);
  if (!before) await keep("setup", record);
  if (notBefore !== undefined) await keep("start", encodeRunStart({ notBefore }));
  return {
    settled,
    isClosed: false,
    once,
    lane,
    notBefore,
    ahead,
    givenBefore: before ? window : 0,
  };
}

function tooLong(run: string, bytes: number, room: number): ImpError {
  return new ImpError({
    action: "submit",
    object: `run ${run}`,
    why:
      `its command and variables have ${bytes} bytes, and the queue takes ${room} (max_payload of the servers)`,
    exit: EXIT.failed,
  });
}

interface KnownOfRun extends Pick<BridgeSettings, "once" | "lane" | "notBefore"> {
  readonly settled: RunSettled | undefined;
  readonly isClosed: boolean;
  readonly givenBefore: number;
  readonly ahead: number;
}

/** @throws ImpError if there is no such run */
async function knownOf(
  calls: StreamCalls,
  subjects: QueueSubjects,
  run: string,
  aheadFor: (notBefore: number | undefined) => Promise<number>,
): Promise<KnownOfRun> {
  const last = (topic: RunTopic) => runRecordOf(calls, subjects, run, topic);
  const bytes = await last("setup");
  if (bytes === undefined) throw noSuchRun(subjects.queue, run);
  const { once = false, lane = USUAL_LANE, notBefore } = decodeRunSetup(bytes) ?? {};
  return {
    settled: await settledOf(calls, subjects, run),
    isClosed: await last("closed") !== undefined,
    givenBefore: Infinity,
    ...{ once, lane, notBefore, ahead: await aheadFor(notBefore) },
  };
}

async function settledOf(
  calls: StreamCalls,
  subjects: QueueSubjects,
  run: string,
): Promise<RunSettled | undefined> {
  const bytes = await runRecordOf(calls, subjects, run, "settled");
  return bytes && decodeRunSettled(bytes);
}
