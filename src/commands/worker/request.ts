import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import {
  ACCESS_OPTIONS,
  type PlaceWords,
  placeWords,
  QUEUE_OPTION,
} from "../queues/access_options.ts";
import type { WorkerOption } from "./options.ts";
import { type WorkerRules, workerRules } from "./rules.ts";

export type WorkerRequest = StdioWorkerRequest | QueueWorkerRequest;

export interface StdioWorkerRequest {
  readonly by: "stdio";
  readonly rules: WorkerRules;
}

/** `--on`. */
export interface QueueWorkerRequest {
  readonly by: "queue";
  readonly place: PlaceWords;
  readonly rules: WorkerRules;
  /** The argument of `-j`. */
  readonly jobs: string;
  readonly drain: boolean;
  /** As given. */
  readonly tags: readonly string[];
  readonly mostDeliveries: number;
  /** 0: as the servers suggest. */
  readonly replicas: number;
  /** Milliseconds. */
  readonly ackWait: number;
}

const USUAL_DELIVERIES = 5, MOST_DELIVERIES = 1000;
const USUAL_ACK_WAIT = "30s", LEAST_ACK_WAIT_MS = 1000;
/** Each means one lane or three, about which the servers are asked. */
const MOST_TAGS = 16;
const REPLICAS = [1, 3, 5];

/** @throws UsageError */
export function workerRequest(
  values: Given<WorkerOption>,
  operands: readonly string[],
): WorkerRequest {
  if (operands.length > 0) throw new UsageError(`unexpected word '${operands[0]}'`);
  const rules = workerRules(values);
  const url = values.text("on");
  if (values.has("stdio")) {
    const other = QUEUE_ONLY.find((name) => values.given(name));
    if (other) throw new UsageError(`--stdio and --${other} cannot be used together`);
    return { by: "stdio", rules };
  }
  if (url === undefined) {
    throw new UsageError(
      "no source of jobs given",
      "use --on nats://HOST for a queue; imp pool starts workers with --stdio itself",
    );
  }
  if (!values.given("allow") && !values.has("allow-any") && !values.has("allow-calls")) {
    throw new UsageError(
      "anyone who can reach the queue could run any program here",
      "restrict the worker with --allow PROGRAM|DIR, or use --allow-any",
    );
  }
  return {
    by: "queue",
    place: placeWords(url, values),
    rules,
    jobs: values.text("jobs") ?? "100%",
    drain: values.has("drain"),
    tags: tagsOf(values),
    mostDeliveries: countOf(values, "deliveries", USUAL_DELIVERIES, MOST_DELIVERIES),
    replicas: replicasOf(values),
    ackWait: ackWaitOf(values),
  };
}

const QUEUE_ONLY = [
  "on",
  ...[QUEUE_OPTION, ...ACCESS_OPTIONS].map(({ name }) => name),
  ...["jobs", "tag", "drain", "deliveries", "ack-wait", "replicas"] as const,
] as const;

function countOf(
  values: Given<WorkerOption>,
  name: "deliveries",
  usual: number,
  most: number,
): number {
  const text = values.text(name);
  if (text === undefined) return usual;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`--${name} '${text}' is not a number from 1 to ${most}`);
}

function tagsOf(values: Given<WorkerOption>): readonly string[] {
  const tags = values.texts("tag");
  if (tags.length <= MOST_TAGS) return tags;
  throw new UsageError(`--tag was given ${tags.length} times: ${MOST_TAGS} is the most`);
}

function replicasOf(values: Given<WorkerOption>): number {
  const text = values.text("replicas");
  if (text === undefined) return 0;
  if (REPLICAS.some((count) => String(count) === text)) return Number(text);
  throw new UsageError(`--replicas '${text}' is not one of ${REPLICAS.join(", ")}`);
}

function ackWaitOf(values: Given<WorkerOption>): number {
  const text = values.text("ack-wait") ?? USUAL_ACK_WAIT;
  const ms = parseDuration(text);
  if (ms >= LEAST_ACK_WAIT_MS) return ms;
  throw new UsageError(`--ack-wait ${text} is shorter than a second`);
}
