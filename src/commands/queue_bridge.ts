import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command, Given, Option } from "../cli/options.ts";
import { libc } from "../libc/calling/load.ts";
import { writeAll } from "../libc/descriptors/files.ts";
import { userById } from "../libc/users/users.ts";
import type { QueueAccess } from "../queue/connection/access.ts";
import { runtime } from "../runtime/mod.ts";
import type { ClientMode } from "../queue/client/client_settings.ts";
import {
  ACCESS_OPTIONS,
  type PlaceWords,
  placeWords,
  QUEUE_OPTION,
} from "./queues/access_options.ts";

/** `list`: only tells which jobs are not printed yet. */
type BridgeMode = ClientMode | "list";
const MODES: readonly BridgeMode[] = ["run", "detach", "attach", "list"];

const OPTIONS = [
  { name: "on", value: "URL", summary: "the servers" },
  QUEUE_OPTION,
  ...ACCESS_OPTIONS,
  { name: "run", value: "NAME", summary: "the run" },
  {
    name: "mode",
    value: "MODE",
    choices: ["run", "detach", "attach", "list"],
    summary: "what to do",
  },
  { name: "once", summary: "no job may run twice" },
  { name: "window", value: "N", summary: "jobs in the queue at once" },
  { name: "command", value: "TEXT", summary: "what the run is for" },
  { name: "lane", value: "WORD", summary: "where its jobs wait" },
  { name: "retry", value: "JSON", summary: "how the pool tries failed jobs again" },
  { name: "not-before", value: "MS", summary: "when its jobs are begun at the earliest" },
] as const satisfies readonly Option[];
type BridgeOption = typeof OPTIONS[number];

interface BridgeRequest {
  readonly place: PlaceWords;
  readonly run: string;
  readonly mode: BridgeMode;
  readonly once: boolean;
  readonly window: number;
  readonly command: string;
  /** The name of the lane in which its jobs wait; undefined: the usual one. */
  readonly lane?: string;
  /** Milliseconds since 1970. */
  readonly notBefore?: number;
  /** JSON, of {@link retryAsJson}. */
  readonly retry?: string;
}

export const queueBridgeCommand: Command<BridgeRequest, BridgeOption> = {
  name: "queue-bridge",
  usage: ["queue-bridge --on URL --run NAME"],
  description: ["Started by imp pool --on: what the pool says in frames goes to a queue."],
  options: OPTIONS,
  examples: [],
  request: bridgeRequest,
  run,
};

/** The words that start a bridge. */
export function wordsOfBridge(
  place: readonly string[],
  { run, mode, once, window, command, lane, notBefore, retry }: Omit<BridgeRequest, "place">,
): string[] {
  const flags = [
    ...once ? ["--once"] : [],
    ...lane === undefined ? [] : [`--lane=${lane}`],
    ...notBefore === undefined ? [] : [`--not-before=${notBefore}`],
    ...retry === undefined ? [] : [`--retry=${retry}`],
  ];
  const words = [`--run=${run}`, `--mode=${mode}`, `--window=${window}`, `--command=${command}`];
  return ["queue-bridge", ...place, ...words, ...flags];
}

function bridgeRequest(values: Given<BridgeOption>): BridgeRequest {
  const [url, run] = [values.text("on"), values.text("run")];
  const mode = MODES.find((one) => one === (values.text("mode") ?? "run"));
  const notBefore = values.text("not-before");
  if (!url || !run || !mode) throw new UsageError("a bridge is started by imp pool --on");
  return {
    ...{ place: placeWords(url, values), run, mode, once: values.has("once") },
    window: Number(values.text("window") ?? 1),
    command: values.text("command") ?? "",
    lane: values.text("lane"),
    notBefore: notBefore === undefined ? undefined : Number(notBefore),
    retry: values.text("retry"),
  };
}

async function run({ mode, ...request }: BridgeRequest): Promise<number> {
  const { queueAccess, queuePlace } = await import("./queues/place.ts");
  const place = queuePlace(request.place);
  const { run } = request;
  const way = { access: queueAccess(place), queue: place.queue, run };
  if (mode === "list") {
    await list(way);
    return EXIT.done;
  }
  runtime.compileSoon();
  const { bridgePool } = await import("../queue/client/bridge.ts");
  const { laneOfWord, USUAL_LANE } = await import("../queue/lanes.ts");
  const { retryIn } = await import("../queue/retry_record.ts");
  const lane = laneOfWord(request.lane ?? "") ?? USUAL_LANE;
  const retry = retryIn(JSON.parse(request.retry ?? "null"));
  await bridgePool({ ...request, ...way, mode, lane, retry, user: userName() });
  return EXIT.done;
}

/** Under cron and in containers, only the user database may know it. */
function userName(): string {
  const uid = libc("getuid").getuid();
  return runtime.env("LOGNAME") || runtime.env("USER") || userById(uid)?.name || `uid ${uid}`;
}

async function list(way: { access: QueueAccess; queue: string; run: string }): Promise<void> {
  const { listRun } = await import("../queue/client/run_listing.ts");
  const { HOST_FRAME, textFrame } = await import("../hosts/frames.ts");
  const write = (frame: Uint8Array) => writeAll(STDOUT, frame, "the list of a run");
  try {
    await listRun(way, write);
  } catch (error) {
    if (!(error instanceof ImpError) || error.errno === "EPIPE") throw error;
    write(textFrame(HOST_FRAME.failed, error.message));
  }
}

const STDOUT = 1;
