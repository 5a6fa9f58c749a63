// Jobs through a queue: to the pool it is one host, whose worker is a bridge. Loaded only when used.
import { parseQueueAddress } from "../../queue/connection/address.ts";
import { checkQueueWord, newRunName } from "../../queue/names.ts";
import { HostPool } from "../../hosts/client/host_pool.ts";
import type { HostsSettings } from "../../hosts/client/host_setup.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { wordText } from "../../libc/processes/process_image.ts";
import { VERSION } from "../../version.ts";
import { wordsOfBridge } from "../queue_bridge.ts";
import { laneFrom, startFrom } from "./queue_terms.ts";
import { laneWord } from "../../queue/lanes.ts";
import { retryAsJson } from "../../queue/retry_record.ts";
import { queuePlace, wordsOfPlace } from "../queues/place.ts";
import { printLine } from "../../cli/output.ts";
import type { CallSetup, WorkerSetup } from "../../hosts/greeting.ts";
import type { ItemsRequest, ManyRequest, QueueRequest, WorkersRequest } from "./families.ts";
import type { JobsRunner } from "./run.ts";
import { namesSlot, setupOfJobs, workersSetup } from "./hosts.ts";

/** Most jobs in the queue at once: enough for the workers, and few enough to keep the pool small. */
const WINDOW = 4096;
/** A bridge that is silent for this many milliseconds is replaced. */
const SILENCE_MS = 60_000;
/** Most characters shown by `imp runs`. */
const MOST_COMMAND = 200;

/** A pool whose jobs go to a queue. @throws UsageError */
export function queuePool(
  request: ItemsInQueue,
  queue: QueueRequest,
  pool: PoolSettings,
  warn: (text: string) => void,
): JobsRunner {
  return queueRunner(request, queue, pool, warn, {
    command: wordText(quoteWords(request.command.words)),
    namesSlot: namesSlot(request),
    setup: {},
  });
}

/** Answers the records of such a request: each is a job, and its output is its answer. @throws UsageError */
export function queueWorkers(
  request: WorkersRequest,
  queue: QueueRequest,
  pool: PoolSettings,
  warn: (text: string) => void,
  call: CallSetup | undefined,
): JobsRunner {
  const { program } = request;
  return queueRunner(request, queue, pool, warn, {
    command: program.kind === "call" ? program.target : wordText(quoteWords(program.words)),
    namesSlot: false,
    setup: { workers: { ...workersSetup(request), host: "", login: "", call } },
  });
}

/** The part of a request that a pool through a queue uses. */
type ItemsInQueue = ManyRequest & Pick<ItemsRequest, "output" | "tagstring"> & {
  readonly command: { readonly words: readonly Uint8Array[] };
};

interface QueuedJobs {
  /** For display. */
  readonly command: string;
  readonly namesSlot: boolean;
  readonly setup: Partial<WorkerSetup>;
}

function queueRunner(
  request: ManyRequest,
  queue: QueueRequest,
  pool: PoolSettings,
  warn: (text: string) => void,
  { command, namesSlot, setup }: QueuedJobs,
): JobsRunner {
  const run = queue.run === undefined
    ? newRunName(Date.now(), Math.random())
    : checkQueueWord("run", queue.run);
  const place = queuePlace(queue.place);
  // Errors in it are reported here, not by the bridge.
  parseQueueAddress(queue.place.url);
  const name = `queue:${place.queue}`;
  const words = wordsOfBridge(wordsOfPlace(place), {
    ...{ run, mode: queue.mode, once: queue.once },
    ...{ window: windowOf(request), lane: laneWord(laneFrom(queue.terms)) },
    notBefore: startFrom(queue.terms),
    retry: request.retry && JSON.stringify(retryAsJson(request.retry)),
    command: command.slice(0, MOST_COMMAND),
  });
  const spec = { name, host: place.queue, way: { kind: "bridge", words }, groups: [] } as const;
  /** The servers have it. */
  let isBegun = false;
  const settings: HostsSettings = {
    pool,
    list: { hosts: [spec], due: Infinity, look: () => undefined },
    approach: {
      ssh: [],
      timeout: SILENCE_MS,
      ...{ version: VERSION, images: [], own: ownWords, packers: [] },
    },
    setup: () => ({
      ...setupOfJobs(request),
      ...setup,
      ...request.chdir === undefined ? {} : { dir: request.chdir },
      ...{ slots: "1", output: "group", heartbeat: 0 },
    }),
    namesSlot,
    // The jobs are in the queue: the next bridge waits for the same ones.
    retriesLost: true,
    tellsSettled: true,
    begun: () => {
      // Its bridge may be replaced.
      if (!isBegun && queue.mode !== "attach" && !request.quiet) {
        warn(`run ${run} of queue ${place.queue}`);
      }
      isBegun = true;
    },
    ...{ openDelay: 0, warn },
  };
  const runner: JobsRunner["run"] = (source, ledger, ticker) => {
    const jobs = new HostPool(settings, source, ledger, ticker);
    if (queue.mode !== "detach") return jobs;
    const submit = async () => {
      const stop = await jobs.run();
      if (!stop && isBegun) printLine(run);
      else if (!stop && !request.quiet) warn("the input is empty: no run was made");
      return stop;
    };
    return { run: submit };
  };
  return { jobsOf: (source) => source, run: runner };
}

/** How many jobs may be in the queue at once. */
function windowOf({ jobs }: ManyRequest): number {
  return jobs.kind === "number" ? jobs.jobs : WINDOW;
}
